"""See who is signed in, and end everybody's sessions at once: `slb sessions`."""

import argparse
import json
from typing import TYPE_CHECKING

from shareable_backlog.cli import outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.services.access.sessions import ListedSession


def add_parser(commands: Commands) -> None:
    """Add `sessions` and its actions to the command line."""
    parser = commands.add_parser("sessions", help="see who is signed in, sign everybody out")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list all sessions, the latest used first")
    listing.add_argument("--json", action="store_true", help="print each session as a line of JSON")
    listing.set_defaults(run=_list_sessions)
    flush = actions.add_parser("flush", help="sign everybody out at once")
    flush.set_defaults(run=_flush_sessions)


def _list_sessions(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.services.access import sessions

    async def list_all(settings: "Settings") -> "list[ListedSession]":
        limits = sessions.SessionLimits(settings.session_idle_hours, settings.session_max_days)
        return await sessions.list_sessions(None, limits)

    for one in run_with_database(list_all, looks=True):
        outputs.show(_encode_session(one) if arguments.json else _format_session(one))
    return 0


def _flush_sessions(_arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.services.access import sessions
    from shareable_backlog.services.audit.audit_actions import OPERATOR

    count = run_with_database(lambda _settings: sessions.flush_sessions(OPERATOR))
    print(f"{format_count(count, 'session')} ended.")
    return 0


def _encode_session(session: "ListedSession") -> str:
    return json.dumps(
        {
            "email": session.email,
            "method": session.method,
            "ip_address": session.ip_address,
            "user_agent": session.user_agent,
            "created_at": session.created_at.isoformat(),
            "last_seen_at": session.last_seen_at.isoformat(),
        }
    )


def _format_session(session: "ListedSession") -> str:
    used = f"used {session.last_seen_at:%Y-%m-%d %H:%M}"
    return f"{session.email:40}  {session.method:5}  {session.ip_address or 'unknown address':15}  {used}"
