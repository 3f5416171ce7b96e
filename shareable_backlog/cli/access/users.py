"""Decide who may see the backlog, without a browser: `slb users`."""

import argparse
import json
from typing import TYPE_CHECKING, cast

from shareable_backlog.cli import confirmation, outputs
from shareable_backlog.cli.commands import Commands

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.database.access.users import Decision
    from shareable_backlog.services.access.lookalikes import Lookalike
    from shareable_backlog.services.access.people import ListedUser
    from shareable_backlog.services.access.sharing import Scope

_DECISIONS = {
    "approve": "let people who are waiting see the backlog",
    "decline": "turn away people who are waiting",
    "disable": "end people's access and their sessions at once",
    "restore": "restore people who were disabled or declined",
    "promote": "make people admins",
    "demote": "remove people's admin rights",
    "member": "make people team members, who see links into Linear",
    "reader": "make team members readers again",
}
_DONE = {"member": "a team member now", "reader": "a reader now"}


def add_parser(commands: Commands) -> None:
    """Add `users` and its actions to the command line."""
    parser = commands.add_parser("users", help="list people, decide who gets access, make sign-in links")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list everybody, the last seen first")
    listing.add_argument("--state", choices=("pending", "active", "expired", "disabled", "declined"))
    listing.add_argument("--json", action="store_true", help="print each person as a line of JSON")
    listing.set_defaults(run=_list_people)
    create = actions.add_parser("create", help="add a person who is approved before the first sign-in")
    create.add_argument("email", type=_parse_email)
    create.add_argument("--name")
    create.add_argument("--admin", action="store_true", help="make them an admin, who sees everything")
    _add_scope(create, is_required=False)
    create.set_defaults(run=_create_person, refuse=create.error)
    for decision, words in _DECISIONS.items():
        deciding = actions.add_parser(decision, help=words)
        deciding.add_argument("emails", metavar="EMAIL", nargs="+", type=_parse_email)
        deciding.add_argument("--reason", help="emailed to them")
        if decision == "approve":
            _add_scope(deciding, is_required=True)
        deciding.set_defaults(run=_carry_out_decision, decision=decision)
    sharing = actions.add_parser("share", help="choose anew what people see")
    sharing.add_argument("emails", metavar="EMAIL", nargs="+", type=_parse_email)
    _add_scope(sharing, is_required=True)
    sharing.set_defaults(run=_share)
    delete = actions.add_parser("delete", help="delete a person for good; what they did stays in the audit log")
    delete.add_argument("email", type=_parse_email)
    delete.add_argument("--yes", action="store_true", help="don't ask")
    delete.set_defaults(run=_delete_person)
    link = actions.add_parser("login-link", help="print a link that signs a person in once, good for an hour")
    link.add_argument("email", type=_parse_email)
    link.set_defaults(run=_print_login_link)


def _add_scope(parser: argparse.ArgumentParser, *, is_required: bool) -> None:
    """Add the arguments that say what somebody sees, of which one kind at most may stand there."""
    choice = parser.add_mutually_exclusive_group(required=is_required)
    choice.add_argument("--everything", action="store_true", help="they see everything that is shown")
    choice.add_argument(
        "--group", action="append", metavar="NAME", help="they see what this group sees; can be repeated"
    )
    choice.add_argument("--nothing", action="store_true", help="they see nothing until an admin chooses what")


async def _read_scope(arguments: argparse.Namespace) -> "Scope | None":
    """Return what the arguments say that somebody sees; None when they don't. Raises InvalidInput."""
    from shareable_backlog.services.access import user_scopes
    from shareable_backlog.services.access.sharing import EVERYTHING, NOTHING

    if arguments.group:
        return await user_scopes.find_scope(arguments.group)
    if arguments.everything or arguments.nothing:
        return EVERYTHING if arguments.everything else NOTHING
    return None


def _parse_email(text: str) -> str:
    from shareable_backlog.config import values

    try:
        return values.parse_email(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def _list_people(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.services.access import people
    from shareable_backlog.services.access.lookalikes import find_lookalikes
    from shareable_backlog.services.access.people import UserFilters

    async def find(_settings: "Settings") -> "tuple[list[ListedUser], dict[int, Lookalike]]":
        everybody = await people.list_everybody(UserFilters(state=arguments.state))
        return everybody, await find_lookalikes({one.id: one.claimed_email or one.email for one in everybody})

    found, seen = run_with_database(find, looks=True)
    for one in found:
        outputs.show(_encode_person(one) if arguments.json else _format_person(one, seen.get(one.id)))
    return 0


def _create_person(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.services.access import approvals
    from shareable_backlog.services.audit.audit_actions import OPERATOR
    from shareable_backlog.services.mail.outbox import Outbox

    if not (arguments.admin or arguments.everything or arguments.group or arguments.nothing):
        arguments.refuse("say what they see: --everything, --group NAME or --nothing")

    async def create(settings: "Settings") -> None:
        scope = await _read_scope(arguments)
        outbox = Outbox(is_set_up=settings.smtp_url is not None)
        await approvals.create_person(
            OPERATOR, arguments.email, arguments.name, scope=scope, is_admin=arguments.admin, outbox=outbox
        )

    run_with_database(create)
    print(f"{arguments.email} can sign in{_describe_new(arguments)}.")
    return 0


def _carry_out_decision(arguments: argparse.Namespace) -> int:
    """Carry out a decision for each; exit code 1 when somebody is in no state for it."""
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.services.access import approvals, people
    from shareable_backlog.services.audit.audit_actions import OPERATOR
    from shareable_backlog.services.mail.outbox import Outbox

    decision = cast("Decision", arguments.decision)

    async def decide(settings: "Settings") -> approvals.DecisionResult:
        ids = [await people.read_user_id(email) for email in arguments.emails]
        outbox = Outbox(is_set_up=settings.smtp_url is not None)
        scope = await _read_scope(arguments) if decision == "approve" else None
        grant = scope and approvals.Grant(scope)
        return await approvals.carry_out_decision(outbox, OPERATOR, ids, decision, arguments.reason, grant)

    decided = run_with_database(decide)
    seen = _describe_scope(arguments) if decision == "approve" else ""
    for email in decided.done:
        outputs.show(f"{email}: {_DONE.get(decision, f'{decision}d')}{seen}.")
    for email in decided.left:
        outputs.show(f"{email}: left as they are: that can't be done in their state.")
    return 1 if decided.left else 0


def _share(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.services.access import people, user_scopes
    from shareable_backlog.services.audit.audit_actions import OPERATOR
    from shareable_backlog.services.mail.outbox import Outbox

    async def share(settings: "Settings") -> None:
        ids = [await people.read_user_id(email) for email in arguments.emails]
        outbox = Outbox(is_set_up=settings.smtp_url is not None)
        await user_scopes.save_scope(OPERATOR, ids, await _read_scope(arguments), outbox)

    run_with_database(share)
    for email in arguments.emails:
        outputs.show(f"{email}: saved{_describe_scope(arguments)}.")
    return 0


def _describe_new(arguments: argparse.Namespace) -> str:
    return ", as an admin" if arguments.admin else _describe_scope(arguments)


def _describe_scope(arguments: argparse.Namespace) -> str:
    if arguments.group:
        return f", and sees what {' and '.join(arguments.group)} see{'s' if len(arguments.group) == 1 else ''}"
    return ", and sees everything that is shown" if arguments.everything else ", but sees nothing yet"


def _delete_person(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.services.access import approvals, people
    from shareable_backlog.services.audit.audit_actions import OPERATOR

    confirmation.require_yes(
        f"This deletes {arguments.email} for good, with sessions, tokens, preferences and saved views.",
        is_given=arguments.yes,
    )

    async def delete(_settings: "Settings") -> str:
        return await approvals.delete_person(OPERATOR, await people.read_user_id(arguments.email), arguments.email)

    outputs.show(f"{run_with_database(delete)} was deleted.")
    return 0


def _print_login_link(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.config import secret_key
    from shareable_backlog.services.access import people, sign_in

    async def create_link(settings: "Settings") -> str:
        key = secret_key.ensure_secret_key(settings).secret_key
        assert key is not None  # noqa: S101 (ensured)
        await people.read_user_id(arguments.email)
        base_url = settings.base_url or f"http://127.0.0.1:{settings.port}"
        return await sign_in.create_link(key.reveal().encode(), base_url, arguments.email)

    print(run_with_database(create_link))
    return 0


def _encode_person(person: "ListedUser") -> str:
    return json.dumps(
        {
            "email": person.email,
            "name": person.display_name,
            "state": person.state,
            "admin": person.is_admin,
            "team_member": person.is_team_member,
            "sees_everything": person.sees_everything,
            "groups": person.groups,
            "access_until": person.access_until and person.access_until.isoformat(),
            "created_at": person.created_at.isoformat(),
            "last_seen_at": person.last_access_at and person.last_access_at.isoformat(),
        }
    )


def _format_person(person: "ListedUser", lookalike: "Lookalike | None") -> str:
    email = (lookalike and lookalike.ascii) or person.email
    twin = f"  looks like {lookalike.looks_like}" if lookalike and lookalike.looks_like else ""
    seen = f"seen {person.last_access_at:%Y-%m-%d %H:%M}" if person.last_access_at else "never seen"
    shown = "everything" if person.sees_everything else ", ".join(person.groups) or "nothing"
    role = ", admin" if person.is_admin else ", team" if person.is_team_member else ""
    return f"{email:40}  {person.state + role:16}  {seen:21}  sees {shown}{twin}"
