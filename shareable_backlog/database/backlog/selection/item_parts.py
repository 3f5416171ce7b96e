"""Say in which parts items are found: what is called as a search says, what has its words in the title, the rest.

Each part is a table of the statement, of what meets all that is asked for but for what an index is to find.
"""

from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.backlog.selection.item_predicates import IdPredicate
from shareable_backlog.database.backlog.selection.item_query import Selection


class Part(Struct, frozen=True, kw_only=True):
    """The table `name`: of the items that are `shown`, those that meet the `conditions`.

    With `is_looked_up` they are few, and their ids are known before anything else. `rank` is that of all of them
    where the best match comes first, else None.
    """

    name: LiteralString
    conditions: tuple[LiteralString, ...]
    is_looked_up: bool = False
    rank: float | None = None

    def render(self) -> LiteralString:
        """Return the table as a CTE."""
        where: LiteralString = " AND ".join(self.conditions)
        return f"{self.name} AS NOT MATERIALIZED (SELECT i.* FROM shown i WHERE {where})"


SHOWN = Part(name="shown", conditions=())
"""All items, where nothing but their index decides which are wanted."""


def find_driver(selection: Selection) -> IdPredicate | None:
    """Return the predicate whose few ids alone decide which items there are, where those of each are in order.

    Beside it the states of what is done may be left out. It may be about people as well: whether they are shown is
    asked beside it, and is no other condition on items.
    """
    own = [one for one in selection.predicates if not one.is_implied]
    match [one for one in own if one is not find_left_out_states(selection)]:
        case [IdPredicate() as only] if only.is_one_of and len(only.ids) <= only.column.most_driving:
            # The teams and projects of a group have their items in order, but not those of each priority.
            is_apart = selection.in_group and selection.order.priority_key and only.column.name == "priority"
            return None if is_apart or only.column.name not in selection.order.indexed_by else only
        case _:
            return None


def find_left_out_states(selection: Selection) -> IdPredicate | None:
    """Return the predicate that leaves out the states of what is done, where priorities begin the order."""
    by_column = {one.column.name: one for one in selection.predicates if isinstance(one, IdPredicate)}
    states = by_column.get("state")
    is_left_out = states and states.leaves_out_done and not states.with_none and selection.order.priority_key
    return states if is_left_out and "priority" in by_column else None


def list_parts(selection: Selection) -> list[Part]:
    """Return the parts, the best match first; what `find_driver` returns is in none of their conditions."""
    match, filters = selection.match, _list_filters(selection)
    if match is None:
        return [Part(name="wanted", conditions=filters) if filters else SHOWN]
    is_ranked = selection.order.ranking == "match"
    parts: list[Part] = []
    if selection.hints.identified_ids:
        ids: LiteralString = "i.id = ANY (%(identified_ids)s::text[])"
        parts = [Part(name="called", conditions=(*filters, ids), is_looked_up=True, rank=3 if is_ranked else None)]
        filters = (*filters, "i.id <> ALL (%(identified_ids)s::text[])")
    words: LiteralString = "TABLE word_ids" if selection.has_rare_words else ""
    if not is_ranked:
        return [*parts, _find("found", match.sql, words, filters)]
    titles: LiteralString = "TABLE title_ids" if selection.has_rare_titles else ""
    others: LiteralString = f"{words} EXCEPT {titles}" if selection.has_rare_words else ""
    return [
        *parts,
        _find("titled", match.title_sql, titles, filters, rank=2),
        _find("rest", f"{match.sql} AND NOT ({match.title_sql})", others, filters, rank=1),
    ]


def render_parts(selection: Selection) -> list[LiteralString]:
    """Return the CTEs of the parts, after those that they are made of."""
    match = selection.match
    tables: list[LiteralString] = [match.searched] if match else []
    if match and selection.has_rare_words:
        tables.append(f"word_ids AS MATERIALIZED (SELECT e.item_id FROM searched e WHERE {match.sql})")
    if match and selection.has_rare_titles and selection.order.ranking == "match":
        tables.append(f"title_ids AS MATERIALIZED (SELECT e.item_id FROM searched e WHERE {match.title_sql})")
    return tables + [part.render() for part in list_parts(selection) if part.conditions]


def _list_filters(selection: Selection) -> tuple[LiteralString, ...]:
    driver = find_driver(selection)
    texts: list[LiteralString] = [
        one.render() for one in selection.predicates if not one.is_implied and one is not driver
    ]
    return tuple(texts)


def _find(
    name: LiteralString,
    sql: LiteralString,
    ids: LiteralString,
    filters: tuple[LiteralString, ...],
    rank: float | None = None,
) -> Part:
    """Return a part of what has words: rare ones are looked up once, for common ones each item is asked."""
    found: LiteralString = f"(SELECT {sql} FROM searched e WHERE e.item_id = i.id)"
    if ids:
        found = f"i.id = ANY (ARRAY({ids}))"
    return Part(name=name, conditions=(*filters, found), is_looked_up=bool(ids), rank=rank)
