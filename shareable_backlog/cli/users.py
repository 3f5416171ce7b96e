"""Decide who may see the backlog, without a browser: `slb users`."""

import argparse
import json
from typing import TYPE_CHECKING, cast

from shareable_backlog.cli.commands import Commands

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.database.access.users import Decision
    from shareable_backlog.services.access.people import ListedUser

_DECISIONS = {
    "approve": "let people who wait see the backlog",
    "decline": "turn people who wait away",
    "disable": "end people's access, and their sessions at once",
    "restore": "take back that people were disabled or declined",
    "promote": "make people admins",
    "demote": "take people's admin rights",
}


def add_parser(commands: Commands) -> None:
    """Add `users` and its actions to the command line."""
    parser = commands.add_parser("users", help="list people, decide who may come in, make sign-in links")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list everybody, the last seen first")
    listing.add_argument("--state", choices=("pending", "active", "expired", "disabled", "declined"))
    listing.add_argument("--json", action="store_true", help="print each person as a line of JSON")
    listing.set_defaults(run=_list)
    create = actions.add_parser("create", help="add a person who is approved before the first sign-in")
    create.add_argument("email", type=_email)
    create.add_argument("--name")
    create.add_argument("--admin", action="store_true", help="make them an admin")
    create.set_defaults(run=_create)
    for decision, words in _DECISIONS.items():
        deciding = actions.add_parser(decision, help=words)
        deciding.add_argument("emails", metavar="EMAIL", nargs="+", type=_email)
        deciding.add_argument("--reason", help="they get it by mail")
        deciding.set_defaults(run=_decide, decision=decision)
    delete = actions.add_parser("delete", help="delete a person for good; what they did stays in the audit log")
    delete.add_argument("email", type=_email)
    delete.add_argument("--yes", action="store_true", required=True, help="really delete them")
    delete.set_defaults(run=_delete)
    link = actions.add_parser("login-link", help="print a link that signs a person in, once, within an hour")
    link.add_argument("email", type=_email)
    link.set_defaults(run=_login_link)


def _email(text: str) -> str:
    from shareable_backlog.config import values

    try:
        return values.email(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def _list(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.asking import asked
    from shareable_backlog.services.access import people
    from shareable_backlog.services.access.people import UserFilters

    found = asked(lambda _settings: people.everybody(UserFilters(state=arguments.state)))
    for one in found:
        print(_as_json(one) if arguments.json else _in_words(one))
    return 0


def _create(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.asking import asked
    from shareable_backlog.services.access import approvals
    from shareable_backlog.services.audit.audit_actions import OPERATOR

    asked(lambda _settings: approvals.create(OPERATOR, arguments.email, arguments.name, is_admin=arguments.admin))
    print(f"{arguments.email} may come in{', as an admin' if arguments.admin else ''}.")
    return 0


def _decide(arguments: argparse.Namespace) -> int:
    """Carry out a decision for each; exit code 1 when somebody is in no state for it."""
    from shareable_backlog.cli.asking import asked
    from shareable_backlog.services.access import approvals, people
    from shareable_backlog.services.audit.audit_actions import OPERATOR
    from shareable_backlog.services.mail.outbox import Outbox

    decision = cast("Decision", arguments.decision)

    async def decide(settings: "Settings") -> approvals.Decided:
        ids = [await people.id_of(email) for email in arguments.emails]
        outbox = Outbox(is_set_up=settings.smtp_url is not None)
        return await approvals.decide(outbox, OPERATOR, ids, decision, arguments.reason)

    decided = asked(decide)
    for email in decided.done:
        print(f"{email}: {decision}d.")
    for email in decided.left:
        print(f"{email}: left as they are, since that can't be done in their state.")
    return 1 if decided.left else 0


def _delete(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.asking import asked
    from shareable_backlog.services.access import approvals, people
    from shareable_backlog.services.audit.audit_actions import OPERATOR

    async def delete(_settings: "Settings") -> str:
        return await approvals.delete(OPERATOR, await people.id_of(arguments.email), arguments.email)

    print(f"{asked(delete)} is deleted.")
    return 0


def _login_link(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.asking import asked
    from shareable_backlog.config import secret_key
    from shareable_backlog.services.access import people, sign_in

    async def make(settings: "Settings") -> str:
        key = secret_key.ensured(settings).secret_key
        assert key is not None  # noqa: S101 (ensured)
        await people.id_of(arguments.email)
        base_url = settings.base_url or f"http://127.0.0.1:{settings.port}"
        return await sign_in.made_link(key.reveal().encode(), base_url, arguments.email)

    print(asked(make))
    return 0


def _as_json(one: "ListedUser") -> str:
    return json.dumps(
        {
            "email": one.email,
            "name": one.display_name,
            "state": one.state,
            "admin": one.is_admin,
            "group": one.viewer_group,
            "access_until": one.access_until and one.access_until.isoformat(),
            "created_at": one.created_at.isoformat(),
            "last_seen_at": one.last_access_at and one.last_access_at.isoformat(),
        }
    )


def _in_words(one: "ListedUser") -> str:
    seen = f"seen {one.last_access_at:%Y-%m-%d %H:%M}" if one.last_access_at else "never seen"
    return f"{one.email:40}  {one.state + (', admin' if one.is_admin else ''):16}  {seen}"
