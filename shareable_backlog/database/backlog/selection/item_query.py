"""Ask which items there are: the question, and all that is found out about it before its statement is written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.filters import NO_NEWS, Filters, News
from shareable_backlog.database.backlog.selection import item_predicates
from shareable_backlog.database.backlog.selection.item_filters import look_up_names, write_predicates
from shareable_backlog.database.backlog.selection.item_orders import ORDERS, Order, OrderName, find_order
from shareable_backlog.database.backlog.selection.item_predicates import IdPredicate, Predicate
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.search.search_match import (
    SearchedTexts,
    SearchMatch,
    parse_identifier,
    parse_search,
    write_match,
)
from shareable_backlog.database.settings import RankOrder


class ItemQuery(Struct, frozen=True):
    """Which items are asked for; `order` None is by relevance for a search, else by rank.

    `now` tells what today is, in the reader's time zone, and `news` what is new to them.
    """

    filters: Filters
    order: OrderName | None
    now: datetime
    news: News = NO_NEWS

    @property
    def sorted_by(self) -> OrderName:
        """The order that is meant: without a search nothing is more relevant than anything else."""
        if self.filters.text is None:
            return "rank" if self.order is None or self.order == "relevance" else self.order
        return self.order or "relevance"


class Hints(Struct, frozen=True, kw_only=True):
    """What makes one way of finding items better than another; what may be shown is for the statement to say.

    `group_…` are what the viewer's group sees. `identified_ids` are the items whose identifier is searched for, `ids`
    those of what the filters name, by the names of their parameters. `rank_order` says by what items are ranked.
    `shown_fronts` tells of some orders whether at least half of the first 200 items are of teams that are shown;
    `has_many` whether there are, as the planner knows it, far more items than are counted, shown or not.
    """

    shows_descriptions: bool
    shows_comments: bool
    hides_team: bool
    shown_fronts: Mapping[str, bool]
    has_many: bool
    rank_order: RankOrder
    group_has_teams: bool
    group_has_projects: bool
    group_label_ids: Sequence[str]
    identified_ids: Sequence[str]
    ids: Mapping[str, Sequence[str]]


class Selection(Struct, frozen=True, kw_only=True):
    """The items that are asked for, as `scope` sees them: all that the statement of a page is written from.

    `match` is that of a search, whose words may be rare in all texts or in titles: then they are looked up first.
    `is_front_shown` when of the first items in this order, without filters, few are of hidden teams.
    """

    scope: Scope
    order: Order
    predicates: tuple[Predicate, ...]
    with_archived: bool
    hints: Hints
    match: SearchMatch | None = None
    has_rare_words: bool = False
    has_rare_titles: bool = False
    is_front_shown: bool = False

    @property
    def in_group(self) -> bool:
        """Whether a group of viewers sees no more than a part."""
        return self.scope.viewer_group_ids is not None

    @property
    def is_whole(self) -> bool:
        """Whether nothing narrows the list."""
        return not (self.predicates or self.match or self.in_group)

    @property
    def is_common_search(self) -> bool:
        """Whether each item has to be asked for the words that are searched for."""
        return self.match is not None and not self.has_rare_words

    @property
    def params(self) -> Mapping[str, object]:
        """The parameters of the statement, but for its limits and the position that it begins at."""
        params: dict[str, object] = {
            **visibility.build_params(self.scope),
            **(self.match.params if self.match else {}),
            "group_label_ids": self.hints.group_label_ids,
            "identified_ids": self.hints.identified_ids,
        }
        for one in self.predicates:
            params |= one.params
        return params

    def narrow(self, to: Predicate) -> "Selection":
        """Return the selection of those items that meet one more predicate; see `item_predicates.narrow`."""
        if isinstance(to, IdPredicate):
            return replace(self, predicates=item_predicates.narrow(self.predicates, to))
        return replace(self, predicates=(*self.predicates, to))


# The planner takes beginnings of words for common ones. Of a thousand rows as many show what is rare here: looking
# through a list for 50 of those takes as long as finding all of them in the index. The same rows stay in memory.
_FEW_OF_SAMPLE = 20
_SAMPLE: LiteralString = """
    SELECT e.words, e.title_words FROM search_entries e TABLESAMPLE SYSTEM (
      (SELECT least(100, 100000 / greatest(reltuples, 1)) FROM pg_class WHERE oid = 'search_entries'::regclass)
    ) REPEATABLE (1) LIMIT 1000
"""


def _render_front(order: Order) -> LiteralString:
    return f"""(
    SELECT count(*) >= 100 FROM (
      SELECT i.team_id FROM backlog_items i WHERE {visibility.IN_LINEAR} AND i.archived_at IS NULL
      {order.render_sort()} LIMIT 200
    ) i WHERE i.team_id IN ({visibility.TEAMS}))"""


# Of the orders in which each team has its items too.
_FRONTS: LiteralString = f"""json_build_object(
  'rank', {_render_front(ORDERS["rank"])}, 'updated', {_render_front(ORDERS["updated"])})"""


async def select_items(scope: Scope, item_query: ItemQuery, hints: Hints | None = None) -> Selection:
    """Find out what the filters' names mean, and what makes one way of finding the items better than another.

    `hints` are those of the scope where that has been found out already.
    """
    filters = item_query.filters
    hints = hints or await read_hints(scope, filters)
    selection = Selection(
        scope=scope,
        order=find_order(item_query.sorted_by, hints.rank_order),
        predicates=tuple(write_predicates(filters, hints.ids, item_query.now, item_query.news)),
        with_archived=filters.with_archived,
        hints=hints,
        is_front_shown=hints.shown_fronts.get(item_query.sorted_by, False),
    )
    if filters.text is None:
        return selection
    identifier = parse_identifier(filters.text)
    # What is an identifier is no beginning of one.
    search = parse_search(f'"{identifier}"' if identifier else filters.text)
    match = write_match(search, SearchedTexts(hints.shows_descriptions, hints.shows_comments))
    [(of_all, of_titles)] = await query(
        f"SELECT count(*) FILTER (WHERE {match.sql}), count(*) FILTER (WHERE {match.title_sql}) FROM ({_SAMPLE}) e",
        match.params,
        plan_anew=True,
        on_standby=True,
    )
    return replace(
        selection,
        match=match,
        has_rare_words=of_all < _FEW_OF_SAMPLE,
        has_rare_titles=of_titles < _FEW_OF_SAMPLE,
    )


def has_own_hints(filters: Filters) -> bool:
    """Return whether hints for these filters are others than for none: they name what has to be looked up."""
    return filters.text is not None or bool(look_up_names(filters).statements)


async def read_hints(scope: Scope, filters: Filters) -> Hints:
    """Find out what hints say."""
    names = look_up_names(filters)
    identifier = parse_identifier(filters.text) if filters.text else None
    [found] = await query(
        f"""
        SELECT coalesce({visibility.DESCRIPTIONS}, false) AS shows_descriptions,
               coalesce({visibility.COMMENTS}, false) AS shows_comments,
               EXISTS (SELECT FROM teams WHERE id NOT IN ({visibility.TEAMS})) AS hides_team,
               {_FRONTS if scope.viewer_group_ids is None and not has_own_hints(filters) else "'{}'::json"}
                 AS shown_fronts,
               (SELECT reltuples >= 20000 FROM pg_class WHERE oid = 'backlog_items'::regclass) AS has_many,
               (SELECT rank_order FROM settings) AS rank_order,
               EXISTS ({visibility.GROUP_TEAMS}) AS group_has_teams,
               EXISTS ({visibility.GROUP_PROJECTS}) AS group_has_projects,
               ARRAY({visibility.GROUP_LABELS}) AS group_label_ids,
               ARRAY(
                 SELECT id FROM backlog_items WHERE identifier = %(identifier)s
                 UNION ALL SELECT id FROM backlog_items
                 WHERE previous_identifiers <> '{{}}' AND previous_identifiers @> ARRAY[%(identifier)s::text]
               ) AS identified_ids,
               {names.render()} AS ids
        """,
        {**visibility.build_params(scope), **names.params, "identifier": identifier},
        row=Hints,
    )
    return found
