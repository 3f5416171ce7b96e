"""Check what the key of Linear sees, and how much of its budget is left."""

import asyncio
from collections.abc import Iterator, Sequence

from shareable_backlog.cli.counts import format_count
from shareable_backlog.cli.doctor.finding import Finding
from shareable_backlog.config import Settings
from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear import workspace
from shareable_backlog.linear.connection import client
from shareable_backlog.linear.connection.budget import KeyBudget
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.workspace import Viewer, Workspace, WorkspaceTeam

_LONGEST_WAIT_S = 10
_LITTLE = 0.1  # of a limit: from here on a sync slows down
_KEY_ADVICE = "can't be told without writing. A read-only key, limited to the teams that are shown, is enough"


async def check_linear(settings: Settings) -> tuple[list[Finding], Sequence[WorkspaceTeam]]:
    """Return what was found, and the teams that the key sees; asks once."""
    if not (settings.linear_api_key or settings.linear_oauth_client_id):
        nothing = "no LINEAR_API_KEY: nothing is mirrored"
        return [Finding("linear", "warn", nothing, "make a read-only key in Linear and set LINEAR_API_KEY")], []
    fix = "check LINEAR_API_KEY, or the OAuth application's id and secret, and whether this machine may reach Linear"
    try:
        async with (
            asyncio.timeout(_LONGEST_WAIT_S),
            client.open_configured_client(settings, retries=Retries(attempts=1)) as asking,
        ):
            seen = await workspace.inspect_workspace(asking)
    except TimeoutError:
        return [Finding("linear", "fail", f"Linear did not answer within {_LONGEST_WAIT_S} s.", fix)], []
    except LinearFailed as error:
        return [Finding("linear", "fail", str(error), fix)], []
    return list(_describe_workspace(seen, by_key=settings.linear_api_key is not None)), seen.teams


def _describe_workspace(seen: Workspace, *, by_key: bool) -> Iterator[Finding]:
    yield Finding("linear", "ok", f"answers to {'LINEAR_API_KEY' if by_key else 'the OAuth application'}")
    yield Finding("workspace", "ok", f"{seen.organization.name} ({seen.organization.url_key})")
    yield _check_viewer(seen.viewer)
    yield _check_teams(seen)
    yield Finding(
        "writes", "ok", _KEY_ADVICE if by_key else "no: the application asks for a token that can only read"
    )
    yield check_budget(seen.budget)


def _check_viewer(viewer: Viewer) -> Finding:
    if viewer.admin:
        fix = "make the key as an ordinary user, who is enough"
        return Finding("acts_as", "warn", f"{viewer.name}, an admin: an ordinary user is enough.", fix)
    return Finding("acts_as", "ok", f"{viewer.name}, a guest" if viewer.guest else viewer.name)


def _check_teams(seen: Workspace) -> Finding:
    private = sum(team.is_private for team in seen.teams)
    teams = f"{format_count(len(seen.teams), 'team')}{' and more' if seen.more_teams else ''}, {private} private"
    fix = None if seen.teams else "let the key see the teams that are to be shown"
    return Finding("sees", "ok" if seen.teams else "warn", teams, fix)


def check_budget(budget: KeyBudget) -> Finding:
    """Return what is left of the budget, as far as Linear said."""
    counted = [
        (have, limit, what)
        for have, limit, what in (
            (budget.requests_remaining, budget.requests_limit, "requests"),
            (budget.complexity_remaining, budget.complexity_limit, "points"),
        )
        if have is not None and limit is not None
    ]
    if not counted:
        return Finding("budget", "ok", "Linear did not say")
    left = " and ".join(f"{have:,} of {limit:,} {what}" for have, limit, what in counted)
    full_at = max(filter(None, (budget.requests_reset_at, budget.complexity_reset_at)), default=None)
    words = f"{left} left" + (f", full again at {full_at:%H:%M} UTC" if full_at else "")
    if any(have < _LITTLE * limit for have, limit, _ in counted):
        fix = "give this program a key of its own, as other programs spend the budget of this one"
        return Finding("budget", "warn", f"{words}: syncs slow down.", fix)
    return Finding("budget", "ok", words)
