"""Take over a database of the Node service's later versions (its 006 to 015): `slb migrate adopt`.

Stop that service first, and make a backup (slb backup FILE): only on the backup, restored, can it start again. All is
done or nothing. What it keeps and this program has no place for stays in tables whose names begin with node_.
"""

import argparse
from typing import TYPE_CHECKING

from shareable_backlog.cli import confirmation
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count

if TYPE_CHECKING:
    from shareable_backlog.database.migrate.node_service import Adoption


def add_parser(actions: Commands) -> argparse.ArgumentParser:
    """Add `adopt` to the actions of `slb migrate`, and return its parser."""
    parser = actions.add_parser(
        "adopt",
        help="take over a database of the Node service's later versions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    parser.add_argument(
        "--project",
        metavar="UUID",
        help="the one project that people saw, and go on seeing (default: LINEAR_PROJECT_ID)",
    )
    parser.add_argument("--yes", action="store_true", help="don't ask")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Say what would be done, ask, do it, and say what is left to do."""
    from shareable_backlog.cli.migrate import open_server  # late, as that offers this command
    from shareable_backlog.database.migrate import adopt

    project_id = _choose_project(arguments.project)
    with open_server(looks=True) as conninfo:
        adoption = adopt.adopt_database(
            conninfo,
            project_id=project_id,
            dry_run=arguments.dry_run,
            confirm=lambda planned: confirmation.require_yes(_describe(planned), is_given=arguments.yes),
        )
    if adoption is None:
        print("There is nothing to adopt: no migration of the Node service's own stands in this database.")
    elif arguments.dry_run:
        print(f"{_describe(adoption)}\nNothing was changed.")
    else:
        print(f"{_describe(adoption) if arguments.yes else 'Done.'}\n{_describe_next(adoption)}")
    return 0


def _choose_project(given: str | None) -> str | None:
    from uuid import UUID

    from shareable_backlog.config import node_names
    from shareable_backlog.errors import InvalidInput

    text = given or node_names.read_project_id()
    try:
        return None if text is None else str(UUID(text))
    except ValueError:
        raise InvalidInput(
            "The project (--project, LINEAR_PROJECT_ID) should be its UUID: in Linear open it and copy its ID."
        ) from None


def _describe(adoption: "Adoption") -> str:
    """Return what is done with what is there, a line a subject."""
    held = adoption.holding
    lines = [
        f"This takes over a database of the Node service (at its {adoption.last_name}), in one transaction:",
        f"  migrations: {len(adoption.pending)} of this program are applied; the Node service's own stay as adopted",
        f"  people: {held.people:,} as they are; last seen becomes last here",
        f"  the record: {format_count(held.audit_rows, 'row')} get this program's words, the old ones in details;",
        f"    {held.other_actions:,} have words of which there are none here, and keep them",
        f"  sync history: {format_count(held.runs, 'run')} get this program's words, the old ones in adopted_runs",
        f"  what is seen: {_describe_scope(adoption)}",
        "Kept in the database, for which this program has no place yet:",
        *(f"  {line}" for line in _list_kept(adoption)),
    ]
    if held.same_emails:
        people = format_count(held.same_emails, "address")
        lines.append(f"  {people} written in capitals and in small letters: decide whom to keep (slb users list)")
    lines.append("The Node service can't use this database afterwards: only a backup, restored, can start it again.")
    return "\n".join(lines)


def _describe_scope(adoption: "Adoption") -> str:
    people = format_count(adoption.holding.let_in, "reader")
    if adoption.project_id is None:
        return (
            f"{people} let in before see NOTHING until an admin chooses,\n"
            "    as neither LINEAR_PROJECT_ID nor --project says which project they saw"
        )
    return (
        f"{people} and newcomers see the one project of before,\n"
        '    as the group "The project shown before"; admins see everything that is shown'
    )


def _list_kept(adoption: "Adoption") -> list[str]:
    held = adoption.holding
    labels = f"{format_count(held.labels, 'label')}, {held.hidden_labels:,} of them not offered"
    kept = (
        (
            held.marked_it,
            f"{held.marked_it:,} {'person' if held.marked_it == 1 else 'people'} marked as IT, in users.is_it",
        ),
        (held.labels, f"{labels}, in node_label_visibility; no item is hidden by them"),
        (held.requests, f"{format_count(held.requests, 'request')}, in node_requests"),
        (held.items, f"{format_count(held.items, 'item')} of the old mirror, in node_backlog_items: Linear has them"),
        (held.sessions, f"{format_count(held.sessions, 'session')}, in node_sessions: people sign in again"),
        (held.cron, f"the schedule {held.cron}, in node_app_settings"),
    )
    return [line for count, line in kept if count] or ["nothing"]


def _describe_next(adoption: "Adoption") -> str:
    from shareable_backlog.config import node_names

    lines = ["Next: slb doctor, then slb serve; the mirror is filled by its first sync."]
    if (cron := adoption.holding.cron) is not None:
        interval_s = node_names.derive_interval_s(cron)
        lines.append(
            f"To sync as before ({cron}) set SYNC_INTERVAL_S={interval_s}."
            if interval_s
            else f"Its schedule ({cron}) is no plain interval: choose SYNC_INTERVAL_S."
        )
    return "\n".join(lines)
