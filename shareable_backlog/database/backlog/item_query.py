"""Choose which items a page has, straight from an index, before they get their names.

They come from several sources when that is what bounds the work: the first of each state, of each team, of each rule
of a viewer's group, merged. So a few items among many are found as fast as all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import LiteralString

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import item_conditions, visibility
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.item_conditions import Narrowed
from shareable_backlog.database.backlog.item_orders import ORDERS, Order, OrderName
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.search import search_match

_LISTED: LiteralString = "i.archived_at IS NULL"
_ARCHIVED: LiteralString = "i.archived_at IS NOT NULL"
# What is being worked on stands first, what is done last.
_STATES: LiteralString = f"""
    SELECT s.id, -(1e6 * coalesce(array_position(
      ARRAY['started', 'unstarted', 'backlog', 'triage', 'completed', 'canceled', 'duplicate'], s.type), 8)
      - s.position)::float8 AS rank
    FROM workflow_states s WHERE s.team_id IN ({visibility.TEAMS})
"""


# What belongs to a team is in no item of another. Of another than the group's, all items would be looked through.
_OF_GROUP_TEAMS: Mapping[LiteralString, LiteralString] = {
    "i.state_id": f"SELECT id FROM workflow_states WHERE team_id IN ({visibility.GROUP_TEAMS}) AND id = ANY (",
    "i.cycle_id": f"SELECT id FROM cycles WHERE team_id IN ({visibility.GROUP_TEAMS}) AND id = ANY (",
    "i.team_id": f"SELECT r.entity_id AS id FROM ({visibility.GROUP_TEAMS}) r WHERE r.entity_id = ANY (",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are wanted, in which order; `identifier` is the text of the search as one, if it looks so.

    `now` tells what today is, in the reader's time zone.
    """

    filters: Filters
    order: OrderName
    identifier: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class _Hints:
    """What makes one way of choosing better than another; what may be chosen is for the statement to say."""

    is_any_team_hidden: bool
    has_teams: bool
    has_projects: bool
    has_labels: bool
    has_rare_words: bool = False
    has_rare_titles: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What was found out about what is wanted: how to choose it, and the parameters but `limit` and position."""

    order: Order
    is_searched: bool
    with_archived: bool
    narrowed: Narrowed
    hints: _Hints
    params: Mapping[str, object]
    in_group: bool
    key: LiteralString = ""

    def is_common_search(self) -> bool:
        """Return whether each item has to be asked for the words that are searched for."""
        return self.is_searched and not self.hints.has_rare_words

    def is_whole(self) -> bool:
        """Return whether nothing narrows the list."""
        return not (self.is_searched or self.in_group or self.narrowed.conditions)

    def narrowed_to(
        self, condition: LiteralString, column: LiteralString, name: LiteralString, value: object
    ) -> "Choice":
        """Return the choice of those that meet `condition` too, whose parameter is `name`.

        `column` is the one that has one of the ids in `value`; empty if the condition is of another kind.
        """
        return replace(self, narrowed=self.narrowed.narrowed_to(condition, column, name, value))

    def found(self) -> LiteralString:
        """Return the CTEs that a statement with the others needs: items with rare words, which are found once."""
        return search_match.FOUND if self.is_searched else "found AS (SELECT)"

    def rows(self) -> LiteralString:
        """Return the statement of the first `%(limit)s` rows: `id` and the order's columns, in its order."""
        [first, *others] = self._blocks()
        if not others:
            return self._sorted(first)
        # What stands in the first of these is enough most of the time, and the others are looked through only then.
        ranked: list[LiteralString] = [self._sorted(block) for block in (first, *others)]
        joined: LiteralString = ") UNION ALL (".join(ranked)
        return f"SELECT i.* FROM (({joined})) i LIMIT %(limit)s"

    def some(self) -> LiteralString:
        """Return the statement of any `%(most)s` rows: `id`, the order's columns, and `key`."""
        blocks: LiteralString = ") UNION ALL (".join(self._blocks())
        sources: LiteralString = blocks.replace("%(limit)s", "%(most)s")
        return f"SELECT i.* FROM (({sources})) i LIMIT %(most)s"

    def keyed(self, key: LiteralString) -> "Choice":
        """Return the same choice, whose rows have one more column `key`."""
        return replace(self, key=f", {key} AS key")

    def count(self, *, is_sorted: bool) -> LiteralString:
        """Return the statement that counts the rows, `%(most)s` at most.

        An index that `is_sorted` gives the first of them without the others; what another finds need not be sorted.
        """
        some = self.some()
        if not is_sorted:
            # So written, no index of the whole list is read to its end for what another finds.
            some = some.replace(self.order.sorting(), "").replace(_LISTED, "i.archived_at IS NOT DISTINCT FROM NULL")
        return f"SELECT count(*) FROM ({some}) i"

    def _sorted(self, rows: LiteralString) -> LiteralString:
        return f"SELECT i.* FROM ({rows}) i {self.order.resorting()} LIMIT %(limit)s"

    def _blocks(self) -> list[LiteralString]:
        """Return statements of rows in any order, all rows of one before all of the next.

        The first `%(limit)s` of each are among its rows. What meets several rules of a group is there once.
        """
        within: tuple[LiteralString, ...] = (_LISTED, _ARCHIVED) if self.with_archived else (_LISTED,)
        blocks: list[list[LiteralString]] = [[], [], []]
        for one in within:
            found = self._searched(one) if self.is_searched else [self._narrowed("true", one)]
            for block, sources in zip(blocks, found, strict=False):
                block.extend(sources)
        # What meets several rules of a group comes from each of them.
        union: LiteralString = ") UNION (" if self.in_group else ") UNION ALL ("
        return ["(" + union.join(sources) + ")" for sources in blocks if sources]

    def _searched(self, within: LiteralString) -> list[list[LiteralString]]:
        """Find what is called so first, then what has the words in its title, then all others."""
        others: LiteralString = "i.id <> ALL (%(identified_ids)s::text[])"
        in_all = f"{others} AND {_ANY_FOUND if self.hints.has_rare_words else _asked(search_match.MATCH)}"
        in_title = f"{others} AND {_ANY_TITLED if self.hints.has_rare_titles else _asked(search_match.TITLE_MATCH)}"
        identified: LiteralString = f"{self.narrowed.where()} AND i.id = ANY (%(identified_ids)s::text[])"
        called = self._all(identified, within, rank="3")
        if not self.order.is_ranked:
            return [[called, *self._narrowed(in_all, within)]]
        if self.hints.has_rare_words:
            without: LiteralString = f"{others} AND {_ANY_FOUND_UNTITLED}"
        else:
            without = f"{in_all} AND {_asked(search_match.TITLE_MATCH)} IS NOT TRUE"
        return [
            [called],
            self._narrowed(in_title, within, rank="2"),
            self._narrowed(without, within, rank="1"),
        ]

    def _narrowed(
        self, found: LiteralString, within: LiteralString, *, rank: LiteralString = ""
    ) -> list[LiteralString]:
        """Find what meets the filters and `found`, by what is rarest in it."""
        condition: LiteralString = f"{self.narrowed.where()} AND {found}"
        if within == _ARCHIVED:
            return [self._all(condition, within, rank=rank)]
        if self.order.is_ranked and not rank:
            without = self._from(
                "(SELECT -1e9::float8 AS rank) d, backlog_items i", f"i.state_id IS NULL AND {condition}", within
            )
            return [self._each(_STATES, "i.state_id = d.id", condition, within), without]
        is_by_time = self.order == ORDERS["updated"] and not (self.is_searched and self.hints.has_rare_words)
        driver = self.narrowed.driver() if is_by_time else None
        if self.in_group:
            return self._of_group(condition, found, within, driver, rank)
        if driver is not None:
            return [self._of_ids(driver, found, within)]
        if is_by_time and not self.narrowed.conditions and self.hints.is_any_team_hidden:
            # All stand by time in one index, in which few among many hidden ones would be far apart.
            return [self._each(visibility.TEAMS, "i.team_id = d.id", condition, within)]
        return [self._all(condition, within, rank=rank)]

    def _of_group(
        self,
        condition: LiteralString,
        found: LiteralString,
        within: LiteralString,
        driver: tuple[LiteralString, LiteralString] | None,
        rank: LiteralString,
    ) -> list[LiteralString]:
        """Find what meets `condition` in each team and project of the group, and of its labels."""
        sources: list[LiteralString] = []
        if self.hints.has_teams and driver is not None and driver[0] in _OF_GROUP_TEAMS:
            column, name = driver
            ids: LiteralString = f"{_OF_GROUP_TEAMS[column]}%({name})s::text[])"
            in_teams: LiteralString = f"{found} AND i.team_id = ANY (ARRAY({visibility.GROUP_TEAMS}))"
            sources.append(self._each(ids, f"{column} = d.id", in_teams, within, rank=rank))
        elif self.hints.has_teams and driver is not None:
            of_teams: LiteralString = f"{found} AND i.team_id = ANY (ARRAY({visibility.GROUP_TEAMS}))"
            sources.append(self._of_ids(driver, of_teams, within))
        elif self.hints.has_teams:
            teams: LiteralString = f"SELECT r.entity_id AS id FROM ({visibility.GROUP_TEAMS}) r"
            sources.append(self._each(teams, "i.team_id = d.id", condition, within, rank=rank))
        if self.hints.has_projects:
            projects: LiteralString = f"SELECT r.entity_id AS id FROM ({visibility.GROUP_PROJECTS}) r"
            sources.append(self._each(projects, "i.project_id = d.id", condition, within, rank=rank))
        if self.hints.has_labels:
            # Constant for the planner, which so knows whether it is faster to find the labels or to go by time.
            labelled: LiteralString = "i.label_ids <> '{}' AND i.label_ids && %(group_label_ids)s::text[]"
            sources.append(self._all(f"{labelled} AND {condition}", within, rank=rank))
        return sources or [self._all("false", within, rank=rank)]

    def _of_ids(
        self, driver: tuple[LiteralString, LiteralString], condition: LiteralString, within: LiteralString
    ) -> LiteralString:
        """Find the first rows of each id that the driver wants."""
        column, name = driver
        return self._each(f"SELECT unnest(%({name})s::text[]) AS id", f"{column} = d.id", condition, within)

    def _each(
        self,
        ids: LiteralString,
        matched: LiteralString,
        condition: LiteralString,
        within: LiteralString,
        *,
        rank: LiteralString = "",
    ) -> LiteralString:
        """Find the first rows of each of the `ids`, whose index has them in order.

        What follows from `matched` must not stand in `condition`: the planner would take the rows for much rarer.
        """
        ranked: LiteralString = f"SELECT d.id, {rank}::float8 AS rank FROM ({ids}) d" if rank else ids
        rows: LiteralString = self._from("backlog_items i", f"{matched} AND {condition}", within)
        return f"SELECT i.* FROM ({ranked}) d CROSS JOIN LATERAL ({rows}) i"

    def _all(self, condition: LiteralString, within: LiteralString, *, rank: LiteralString = "") -> LiteralString:
        """Find the first rows of all, by whatever index the planner finds best."""
        if rank and self.order.is_ranked:
            return self._from(f"(SELECT {rank}::float8 AS rank) d, backlog_items i", condition, within)
        if self.order.is_ranked:
            return self._from(f"({_STATES}) d JOIN backlog_items i ON i.state_id = d.id", condition, within)
        return self._from("backlog_items i", condition, within)

    def _from(self, tables: LiteralString, condition: LiteralString, within: LiteralString) -> LiteralString:
        return f"""
            SELECT i.id, {self.order.columns()}{self.key} FROM {tables}
            WHERE {condition} AND {visibility.ITEM} AND {within} AND {self.order.after()}
            {self.order.sorting()} LIMIT %(limit)s
        """


# Rare words are looked up first; else each item is asked whether it has them.
_ANY_FOUND: LiteralString = "i.id = ANY (ARRAY(SELECT f.item_id FROM found f))"
_ANY_TITLED: LiteralString = "i.id = ANY (ARRAY(SELECT t.item_id FROM titled t))"
_ANY_FOUND_UNTITLED: LiteralString = """
    i.id = ANY (ARRAY(SELECT f.item_id FROM found f WHERE f.item_id NOT IN (SELECT t.item_id FROM titled t)))
"""


def _asked(match: LiteralString) -> LiteralString:
    return f"(SELECT {match} FROM search_entries e WHERE e.item_id = i.id)"


# The planner takes beginnings of words for common ones. Of a thousand rows as many show what is rare here: looking
# through a list for 50 of those takes as long as finding all of them in the index. The same rows stay in memory.
_FEW_OF_SAMPLE = 20
_SAMPLED: LiteralString = f"""
    SELECT count(*) FILTER (WHERE {search_match.MATCH}), count(*) FILTER (WHERE {search_match.TITLE_MATCH})
    FROM (
      SELECT e.words, e.title_words FROM search_entries e TABLESAMPLE SYSTEM (
        (SELECT least(100, 100000 / greatest(reltuples, 1)) FROM pg_class WHERE oid = 'search_entries'::regclass)
      ) REPEATABLE (1) LIMIT 1000
    ) e
"""


async def chosen(scope: Scope, wanted: Wanted) -> Choice:
    """Find out what the filters' names mean, and what makes one way of choosing better than another."""
    narrowed = item_conditions.narrowed(wanted.filters, wanted.now)
    params = {**visibility.build_params(scope), **narrowed.params, "identifier": wanted.identifier}
    ids: LiteralString = "".join([f", ARRAY({text})" for _, text in narrowed.ids])
    [(is_any_team_hidden, has_teams, has_projects, label_ids, identified_ids, *found)] = await query(
        f"""
        SELECT EXISTS (SELECT FROM teams WHERE id NOT IN ({visibility.TEAMS})), EXISTS ({visibility.GROUP_TEAMS}),
               EXISTS ({visibility.GROUP_PROJECTS}), ARRAY({visibility.GROUP_LABELS}),
               ARRAY(
                 SELECT id FROM backlog_items WHERE identifier = %(identifier)s
                 UNION ALL SELECT id FROM backlog_items
                 WHERE previous_identifiers <> '{{}}' AND previous_identifiers @> ARRAY[%(identifier)s::text]
               ){ids}
        """,
        params,
    )
    narrowed = narrowed.found(dict(zip([name for name, _ in narrowed.ids], found, strict=True)))
    # What is an identifier is no beginning of one.
    text = f'"{wanted.identifier}"' if wanted.identifier else wanted.filters.text
    hints = _Hints(is_any_team_hidden, has_teams, has_projects, bool(label_ids))
    if text is not None:
        [(of_all, of_titles)] = await query(_SAMPLED, search_match.params(text))
        hints = replace(hints, has_rare_words=of_all < _FEW_OF_SAMPLE, has_rare_titles=of_titles < _FEW_OF_SAMPLE)
    return Choice(
        ORDERS[wanted.order],
        text is not None,
        wanted.filters.with_archived,
        narrowed,
        hints,
        {
            **params,
            **narrowed.params,
            **(search_match.params(text) if text is not None else {}),
            "group_label_ids": label_ids,
            "identified_ids": identified_ids,
        },
        scope.viewer_group_id is not None,
    )
