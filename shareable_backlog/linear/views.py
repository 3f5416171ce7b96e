"""Ask Linear which issues a custom view shows, to compare them with what the mirror finds."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import PartialAnswer

_LARGEST_PAGE = 250

QUERY = """query ViewIssues($id: String!, $first: Int!, $after: String) {
  customView(id: $id) {
    issues(first: $first, after: $after) { nodes { id updatedAt } pageInfo { hasNextPage endCursor } }
  }
}"""


ISSUES = """query ViewedIssues($where: IssueFilter, $first: Int!) {
  issues(first: $first, filter: $where) { nodes { id updatedAt } }
}"""


class ViewIssue(msgspec.Struct, frozen=True, rename="camel"):
    """An issue that a view shows."""

    id: str
    updated_at: datetime


class _ViewPageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class _ListedIssues(msgspec.Struct):
    nodes: list[ViewIssue]


class _ViewIssues(_ListedIssues, rename="camel"):
    page_info: _ViewPageInfo


class _AskedView(msgspec.Struct):
    issues: _ViewIssues


async def list_view_issues(client: LinearClient, view_id: str, *, most: int) -> Sequence[ViewIssue] | None:
    """Return the issues of a view, but for archived ones; None of a view that has more than `most`.

    Raises LinearFailed.
    """
    found: list[ViewIssue] = []
    after: str | None = None
    while len(found) <= most:
        data = await client.execute(QUERY, {"id": view_id, "first": _LARGEST_PAGE, "after": after})
        try:
            page = msgspec.json.decode(data["customView"], type=_AskedView).issues
        except (KeyError, msgspec.MsgspecError) as error:
            raise PartialAnswer from error
        found += page.nodes
        if not page.page_info.has_next_page:
            return found if len(found) <= most else None
        if not page.nodes or page.page_info.end_cursor in {None, after}:
            raise PartialAnswer
        after = page.page_info.end_cursor
    return None


async def list_issues(client: LinearClient, ids: Sequence[str]) -> Sequence[ViewIssue]:
    """Return the issues of these ids, but for archived ones and those that are gone; raises LinearFailed."""
    found: list[ViewIssue] = []
    for start in range(0, len(ids), _LARGEST_PAGE):
        some = list(ids[start : start + _LARGEST_PAGE])
        data = await client.execute(ISSUES, {"where": {"id": {"in": some}}, "first": len(some)})
        try:
            found += msgspec.json.decode(data["issues"], type=_ListedIssues).nodes
        except (KeyError, msgspec.MsgspecError) as error:
            raise PartialAnswer from error
    return found
