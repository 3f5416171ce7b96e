"""Count the items of a list and add up their points, as far as a limit: so it takes no longer the more there are."""

from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.selection.item_orders import ORDERS
from shareable_backlog.database.backlog.selection.item_predicates import IdPredicate
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Pick, Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query

MOST = 10_000
"""So many are counted exactly."""
_MOST_OF_SEARCH = 1_000

SHOWN_ESTIMATE: LiteralString = f"""CASE WHEN {visibility.ESTIMATES} AND i.team_id <> ALL (ARRAY(
    SELECT t.id FROM teams t WHERE t.issue_estimation_type = 'notUsed')) THEN i.estimate END"""
"""The estimate of an item `i` where it is shown, and its team uses any."""
POINTS: LiteralString = f"{SHOWN_ESTIMATE} AS points"
"""The same as a column."""


class ItemTotal(Struct, frozen=True):
    """How many items there are and the sum of their points, None without any estimate or where none is shown.

    More than `most` are counted as one more; their points are None.
    """

    count: int
    points: float | None
    most: int

    @property
    def is_exact(self) -> bool:
        """Whether there are so many, and not more."""
        return self.count <= self.most


def choose_most(selection: Selection, most: int = MOST) -> int:
    """Return how many are counted: `most`, or 1,000 where each item has to be asked for words of a search."""
    return _MOST_OF_SEARCH if selection.is_common_search else most


async def count_items(selection: Selection, most: int = MOST) -> ItemTotal:
    """Count the items of a selection as far as `choose_most` says."""
    most = choose_most(selection, most)
    if selection.is_whole and selection.hints.has_many and (count := await count_alone(selection, most)) > most:
        return ItemTotal(count, None, most)
    [(count, points)] = await query(
        render_total(selection), {**selection.params, "most": most + 1}, plan_anew=True, on_standby=True
    )
    return ItemTotal(count, points if count <= most else None, most)


async def count_alone(selection: Selection, most: int) -> int:
    """Count the items of a selection up to `most`, without their points: an index may have all that it asks for."""
    rows = Rows(selection=selection, limit="%(most)s", pick="any")
    [(count,)] = await query(
        f"""SELECT count FROM (
{render_tables(selection)}
SELECT count(*) AS count FROM ({render_rows(rows)}) i
) t""",
        {**selection.params, "most": most + 1},
        plan_anew=True,
        on_standby=True,
    )
    return count


def render_total(selection: Selection) -> LiteralString:
    """Return the statement that counts the items of a selection and adds up their points."""
    pick: Pick = "some"
    if selection.match is None and all(isinstance(one, IdPredicate) for one in selection.predicates):
        # Indexes of rank have what is counted, whatever the order. Times are found by their own, words in any.
        selection, pick = replace(selection, order=ORDERS["rank"]), "any"
    rows = Rows(selection=selection, limit="%(most)s", pick=pick, columns=POINTS)
    return f"""SELECT count, points FROM (
{render_tables(selection)}
SELECT count(*) AS count, sum(i.points) AS points FROM ({render_rows(rows)}) i
) t"""
