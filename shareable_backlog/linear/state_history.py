"""Ask Linear in which states issues were, and from when on."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import msgspec
from msgspec import Struct

from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import PartialAnswer
from shareable_backlog.linear.nodes import FIRST_YEAR, LAST_YEAR
from shareable_backlog.linear.queries import LARGEST_PAGE

MOST_ISSUES = LARGEST_PAGE
"""So many issues are asked for at once: some 7,000 of the 10,000 points that one request may cost."""

QUERY = """query Pasts($where: IssueFilter, $first: Int!) {
  pasts: issues(first: $first, includeArchived: true, filter: $where) {
    nodes { id stateHistory(first: 20) { nodes { stateId startedAt } } }
  }
}"""


class StateMove(Struct, frozen=True):
    """An issue went from one state to another; `number` is the place of that among its moves."""

    issue_id: str
    number: int
    from_id: str
    to_id: str
    moved_at: datetime


class _Span(msgspec.Struct, rename="camel"):
    state_id: str
    started_at: datetime


class _Spans(msgspec.Struct):
    nodes: list[_Span]


class _Issue(msgspec.Struct, rename="camel"):
    id: str
    state_history: _Spans


class _Issues(msgspec.Struct):
    nodes: list[_Issue]


async def fetch_moves(client: LinearClient, issue_ids: Sequence[str]) -> list[StateMove]:
    """Return how at most `MOST_ISSUES` issues went from state to state, by one request; raises LinearFailed.

    Of an issue with more than twenty states Linear tells of twenty. One that it doesn't know has none.
    """
    data = await client.execute(QUERY, {"where": {"id": {"in": list(issue_ids)}}, "first": len(issue_ids)})
    try:
        issues = msgspec.json.decode(data["pasts"], type=_Issues)
    except (KeyError, msgspec.MsgspecError) as error:
        raise PartialAnswer from error
    return [move for issue in issues.nodes for move in _list_moves(issue)]


def _list_moves(issue: _Issue) -> list[StateMove]:
    spans = sorted(issue.state_history.nodes, key=lambda one: one.started_at)
    moves = [
        StateMove(issue.id, number, before.state_id, after.state_id, after.started_at)
        for number, (before, after) in enumerate(pairwise(spans))
        if before.state_id != after.state_id
    ]
    return [one for one in moves if FIRST_YEAR <= one.moved_at.year <= LAST_YEAR]
