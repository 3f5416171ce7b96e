"""Let published views follow those in Linear at the end of a run, and compare what both show.

None of it may delay a run or let it fail: what can't be done now is left to the next one.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from shareable_backlog import clock, logs
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import item_list
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.database.linear_views import followed_views
from shareable_backlog.database.linear_views.followed_views import LinearView, ViewCheck
from shareable_backlog.errors import BacklogError
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import Forbidden, InvalidQuery, PartialAnswer
from shareable_backlog.linear.views import ViewIssue, list_issues, list_view_issues
from shareable_backlog.services.backlog import filters
from shareable_backlog.services.linear_views import linear_views

_LOG = logs.get_logger(__name__)

_WITHIN_S = 20.0
_VIEW_WITHIN_S = 8.0
_MOST_VIEWS = 5  # a run; the others have their turn in the next
_MOST_ISSUES = 2_500
_LEAST_LEFT = 0.2  # of the key's budget: less is for what the mirror needs


async def check_views(client: LinearClient, read_until: datetime) -> None:
    """Let what is published follow Linear, and compare the items of what has changed.

    What Linear changed after `read_until` may be missing in the mirror, and is no difference.
    """
    try:
        async with asyncio.timeout(_WITHIN_S):
            changed = [view for view in await linear_views.follow_views() if not view.is_checked]
            for view in changed[:_MOST_VIEWS]:
                if _has_budget(client):
                    await _check_view(client, view, read_until)
    except (BacklogError, TimeoutError) as error:
        _LOG.warning("views_not_checked", error=str(error) or "took too long")
    except Exception:  # noqa: BLE001 (a view that can't be compared must not end a run)
        _LOG.error("views_not_checked", exc_info=True)


async def _check_view(client: LinearClient, view: LinearView, read_until: datetime) -> None:
    """Compare one view; one that can't be compared waits for a day, and delays no other."""
    check = ViewCheck("refused")
    try:
        async with asyncio.timeout(_VIEW_WITHIN_S):
            check = await _compare_view(client, view, read_until)
    except BacklogError as error:
        _LOG.warning("view_not_checked", view=view.id, error=str(error))
        return  # it may pass, so the next run tries again
    except Exception:  # noqa: BLE001 (one view must not keep the others from being compared)
        _LOG.error("view_not_checked", view=view.id, exc_info=True)
    await followed_views.save_check(view, check)


def _has_budget(client: LinearClient) -> bool:
    """Return whether enough is left for what nobody waits for."""
    left = (
        (client.budget.requests_remaining, client.budget.requests_limit),
        (client.budget.complexity_remaining, client.budget.complexity_limit),
    )
    return all(rest is None or limit is None or rest > _LEAST_LEFT * limit for rest, limit in left)


async def _compare_view(client: LinearClient, view: LinearView, read_until: datetime) -> ViewCheck:
    try:
        issues = await list_view_issues(client, view.id, most=_MOST_ISSUES)
    except (Forbidden, InvalidQuery, PartialAnswer):
        return ViewCheck("refused")
    if issues is None:
        return ViewCheck("too_many")
    query = ItemQuery(filters.parse_filters(parse_qsl(view.published_query or "")), "created", clock.read_time())
    own = {item.id for item in await item_list.list_items(EVERYTHING, query, None, _MOST_ISSUES + 1)}
    if len(own) > _MOST_ISSUES:
        return ViewCheck("too_many")
    differing = await _list_only_there(issues, own, read_until) | await _list_only_here(
        client, issues, own, read_until
    )
    return ViewCheck("differs" if differing else "matched", len(issues), len(own), len(differing))


async def _list_only_there(issues: Sequence[ViewIssue], own: set[str], read_until: datetime) -> set[str]:
    """Return what only Linear shows, but for what is hidden here and what the mirror hasn't read yet."""
    found = {issue.id for issue in issues if issue.updated_at <= read_until} - own
    return found - await followed_views.list_not_shown(found)


async def _list_only_here(
    client: LinearClient, issues: Sequence[ViewIssue], own: set[str], read_until: datetime
) -> set[str]:
    """Return what Linear's view doesn't show, but for what has left it since the mirror read it."""
    found = sorted(own - {issue.id for issue in issues})
    if not found:
        return set()
    return {issue.id for issue in await list_issues(client, found) if issue.updated_at <= read_until}
