"""See who is signed in, and end everybody's sessions at once: `slb sessions`."""

import argparse
import json
from typing import TYPE_CHECKING

from shareable_backlog.cli.commands import Commands

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.services.access.sessions import ListedSession


def add_parser(commands: Commands) -> None:
    """Add `sessions` and its actions to the command line."""
    parser = commands.add_parser("sessions", help="see who is signed in, end everybody's sessions")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list all sessions, the latest used first")
    listing.add_argument("--json", action="store_true", help="print each session as a line of JSON")
    listing.set_defaults(run=_list)
    flush = actions.add_parser("flush", help="sign everybody out, at once")
    flush.set_defaults(run=_flush)


def _list(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.asking import asked
    from shareable_backlog.services.access import sessions

    async def everybodys(settings: "Settings") -> "list[ListedSession]":
        limits = sessions.Limits(settings.session_idle_hours, settings.session_max_days)
        return await sessions.of_user(None, limits)

    for one in asked(everybodys):
        print(_as_json(one) if arguments.json else _in_words(one))
    return 0


def _flush(_arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.asking import asked
    from shareable_backlog.services.access import sessions
    from shareable_backlog.services.audit.audit_actions import OPERATOR

    count = asked(lambda _settings: sessions.flush(OPERATOR))
    print(f"{count} {'session' if count == 1 else 'sessions'} ended.")
    return 0


def _as_json(one: "ListedSession") -> str:
    return json.dumps(
        {
            "email": one.email,
            "method": one.method,
            "ip_address": one.ip_address,
            "user_agent": one.user_agent,
            "created_at": one.created_at.isoformat(),
            "last_seen_at": one.last_seen_at.isoformat(),
        }
    )


def _in_words(one: "ListedSession") -> str:
    used = f"used {one.last_seen_at:%Y-%m-%d %H:%M}"
    return f"{one.email:40}  {one.method:5}  {one.ip_address or 'unknown address':15}  {used}"
