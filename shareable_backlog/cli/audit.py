"""Prove, read and shorten the record of who did what: `slb audit verify|list|prune`."""

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shareable_backlog.cli import confirmation, outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count
from shareable_backlog.cli.number_arguments import build_number_type

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.database.audit.audit_logs import AuditEntry
    from shareable_backlog.services.audit.audit_chain import Verdict
    from shareable_backlog.services.audit.audit_heads import AuditHead


def add_parser(commands: Commands) -> None:
    """Add `audit` and its actions to the command line."""
    parser = commands.add_parser("audit", help="verify, read and trim the record of who did what")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="prove that no row was changed, removed or slipped in")
    verify.add_argument(
        "--from",
        dest="earlier",
        metavar="POSITION:HASH",
        action="append",
        type=_parse_head,
        default=[],
        help="a head that was printed earlier: prove that the log still goes on from it (may be given again)",
    )
    verify.add_argument("--json", action="store_true", help="print the verdict as JSON")
    verify.set_defaults(run=_verify_log)
    listing = actions.add_parser("list", help="list the newest rows")
    listing.add_argument("--action", metavar="NAME", help="only this action, such as person.approved")
    listing.add_argument("--person", metavar="EMAIL", help="only what this person did")
    listing.add_argument("--since", metavar="DATE", type=_parse_day, help="only from this day on (2026-01-31, UTC)")
    listing.add_argument(
        "--limit", metavar="N", type=build_number_type(1, 100_000), default=50, help="how many rows (default: 50)"
    )
    listing.add_argument("--json", action="store_true", help="print each row as a line of JSON")
    listing.set_defaults(run=_list_entries)
    prune = actions.add_parser("prune", help="remove what is older than AUDIT_RETENTION_DAYS")
    prune.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    prune.add_argument("--yes", action="store_true", help="don't ask")
    prune.set_defaults(run=_prune_entries)


def _verify_log(arguments: argparse.Namespace) -> int:
    """Return whether the log is whole; exit code 1 when it is not."""
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.services.audit import audit_chain
    from shareable_backlog.services.audit.audit_sealing import build_seal_config

    verdict = run_with_database(
        lambda settings: audit_chain.verify_chain(build_seal_config(settings), arguments.earlier),
        seals=False,
        looks=True,
    )
    outputs.show(_encode_verdict(verdict) if arguments.json else _format_verdict(verdict))
    return 1 if verdict.faults else 0


def _list_entries(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.services.audit import audit_log
    from shareable_backlog.services.audit.audit_actions import OPERATOR
    from shareable_backlog.services.audit.audit_log import AuditFilters

    filters = AuditFilters(arguments.person, arguments.action, since=arguments.since)
    page = run_with_database(
        lambda _settings: audit_log.list_entries(OPERATOR, filters, None, arguments.limit), looks=True
    )
    for row in page.rows:
        outputs.show(_encode_entry(row) if arguments.json else _format_entry(row))
    return 0


def _prune_entries(arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.runner import run_with_database
    from shareable_backlog.config import secret_key
    from shareable_backlog.services.audit import audit_retention
    from shareable_backlog.services.audit.audit_actions import OPERATOR
    from shareable_backlog.services.audit.audit_sealing import build_seal_config

    async def prune(settings: "Settings") -> str:
        days = settings.audit_retention_days
        if days == 0:
            return "AUDIT_RETENTION_DAYS is 0, so everything is kept."
        config = build_seal_config(secret_key.ensure_secret_key(settings))
        count, age = await audit_retention.count_older(config, days), format_count(days, "day")
        if arguments.dry_run:
            return f"{format_count(count, 'row')} older than {age} would be removed. Nothing was changed."
        if count:
            confirmation.require_yes(
                f"This deletes {format_count(count, 'row')} of the audit log for good, all older than {age}.",
                is_given=arguments.yes,
            )
        count = await audit_retention.prune_entries(config, OPERATOR, days)
        return f"{format_count(count, 'row')} older than {age} removed."

    print(run_with_database(prune, looks=True))
    return 0


def _encode_verdict(verdict: "Verdict") -> str:
    faults = [{"id": fault.row_id, "position": fault.position, "message": fault.sentence} for fault in verdict.faults]
    return json.dumps(
        {
            "whole": not faults,
            "rows": verdict.rows,
            "faults": faults,
            "head": verdict.head and str(verdict.head),
            "sealed_at": verdict.sealed_at and verdict.sealed_at.astimezone(UTC).isoformat(),
            "unsealed": verdict.unsealed,
            "oldest_unsealed_at": verdict.oldest_unsealed_at
            and verdict.oldest_unsealed_at.astimezone(UTC).isoformat(),
            "keyed": verdict.is_keyed,
            "remembered": verdict.is_remembered,
        }
    )


def _format_verdict(verdict: "Verdict") -> str:
    if verdict.faults:
        lines = ["The audit log does not match what was recorded.", *(fault.sentence for fault in verdict.faults)]
    else:
        rows = format_count(verdict.rows, "row")
        lines = [f"The audit log is intact: {rows}, none changed, removed or slipped in."]
    if verdict.head:
        lines.append(f"Head: {verdict.head} (keep it elsewhere; prove it later: slb audit verify --from)")
    if verdict.oldest_unsealed_at:
        since = f"{verdict.oldest_unsealed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        lines.append(f"Not sealed yet, and so not proven: {format_count(verdict.unsealed, 'row')} since {since}.")
    if not verdict.is_keyed:
        lines.append(
            "There is no SECRET_KEY here: only hashes were checked, which whoever owns the database can forge."
        )
    if not verdict.is_remembered:
        lines.append("This machine has not sealed anything, so rows cut off at the end are missed only by --from.")
    return "\n".join(lines)


def _encode_entry(row: "AuditEntry") -> str:
    told: dict[str, Any] = {
        "id": row.id,
        "time": row.created_at.astimezone(UTC).isoformat(),
        "person": row.actor_email,
        "action": row.action,
        "outcome": row.outcome,
        "resource": row.resource,
        "resource_id": row.resource_id,
        "details": row.details,
        "ip_address": row.ip_address,
        "user_agent": row.user_agent,
    }
    return json.dumps(told)


def _format_entry(row: "AuditEntry") -> str:
    what = " ".join(filter(None, (row.resource, row.resource_id)))
    details = json.dumps(row.details, ensure_ascii=False) if row.details else ""
    parts = (
        f"{row.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        row.actor_email or "unknown",
        row.action + (" (refused)" if row.outcome == "refused" else ""),
        what,
        details,
        row.ip_address,
    )
    # Nothing that somebody typed may move the cursor of the operator's terminal.
    return "".join(sign if sign.isprintable() else "�" for sign in "  ".join(filter(None, parts)))


def _parse_head(text: str) -> "AuditHead":
    from shareable_backlog.errors import InvalidInput
    from shareable_backlog.services.audit import audit_heads

    try:
        return audit_heads.parse_head(text)
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parse_day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("should be a day like 2026-01-31") from None
