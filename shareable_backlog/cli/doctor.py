"""Look at everything the program needs and say what is wrong: `slb doctor`."""

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shareable_backlog import clock
from shareable_backlog.cli import outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.linear.connection.budget import KeyBudget
    from shareable_backlog.linear.workspace import Viewer, Workspace, WorkspaceTeam
    from shareable_backlog.services.deployment import Danger

_LONGEST_WAIT_S = 10
_TEAMS, _UNSAFE = _LISTS = ("teams", "unsafe")
_SEALED_WITHIN_S = 60
_GUARDED_RECORD = "guarded and sealed"
_OWNERS_RECORD = (
    f"{_GUARDED_RECORD}. DATABASE_URL's role owns it: `slb database grants` tells how to use one that can't"
)
_NOTHING_YET = "none yet: `slb serve` makes it at its first start, `slb restore FILE` fills it from a backup"
_GOOD_RECORDS = (_GUARDED_RECORD, _OWNERS_RECORD, _NOTHING_YET)
_GOOD_SCHEMAS = ("up to date", _NOTHING_YET)


def add_parser(commands: Commands) -> None:
    """Add `doctor` to the command line."""
    parser = commands.add_parser("doctor", help="check configuration, database, schema and access to Linear")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--deploy", action="store_true", help="look also for what is unsafe where others are served")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; exit code 1 when something has to be done."""
    import asyncio

    from shareable_backlog import config, logs

    settings = config.read_settings()
    logs.configure_logs("error", settings.log_format)
    ready, findings = asyncio.run(_check_all(settings, deploy=arguments.deploy))
    outputs.show(json.dumps(findings) if arguments.json else _format_findings(findings))
    return 0 if ready else 1


def _format_findings(findings: dict[str, Any]) -> str:
    lines = [f"{name.replace('_', ' '):16} {value}" for name, value in findings.items() if name not in _LISTS]
    for team in findings.get(_TEAMS, []):
        private = ", private" if team["private"] else ""
        lines.append(f"{'team':16} {team['key']} {team['name']}: {format_count(team['issues'], 'issue')}{private}")
    lines += [f"{'unsafe':16} {one['what']} To mend it, {one['fix']}." for one in findings.get(_UNSAFE, [])]
    if findings.get(_UNSAFE) == []:
        lines.append(f"{'unsafe':16} nothing found")
    return "\n".join(lines)


async def _check_all(settings: "Settings", *, deploy: bool) -> tuple[bool, dict[str, Any]]:
    """Return whether nothing has to be done, and what was found."""
    from shareable_backlog.services import deployment

    dangers = deployment.list_setting_dangers(settings) if deploy else []
    database = await _check_database(settings, dangers if deploy else None)
    linear_answers, linear = await _check_linear(settings)
    found = database | linear | ({_UNSAFE: [asdict(one) for one in dangers]} if deploy else {})
    is_ready = database["schema"] in _GOOD_SCHEMAS and database.get("record") in _GOOD_RECORDS
    return is_ready and linear_answers and not dangers, found


async def _check_database(settings: "Settings", dangers: "list[Danger] | None") -> dict[str, Any]:
    """Return what was found about the database; what is unsafe about who may come in is added to `dangers`."""
    from shareable_backlog import database
    from shareable_backlog.database.connection import faults, schema_watch
    from shareable_backlog.database.migrate import invalid_indexes
    from shareable_backlog.services import deployment, readiness

    own = settings.database_url is not None
    findings: dict[str, Any] = {
        "database": "your own server (DATABASE_URL)" if own else "the embedded PostgreSQL",
        "data": "on that server" if own else str(settings.data_dir / "postgres"),
    }
    if not database.is_made(settings):
        return findings | {"connection": "none is needed yet", "schema": _NOTHING_YET, "record": _NOTHING_YET}
    async with database.open_database(settings) as conninfo:
        test = await database.test_connection()
        findings["connection"] = f"answers in {test.latency_ms} ms" if test.connected else test.error
        if test.is_read_only:
            return findings | {"connection": faults.READ_ONLY, "schema": "unknown"}
        if test.connected:
            [(version,)] = await database.query("SELECT current_setting('server_version')")
            findings["server"] = f"PostgreSQL {version}"
            findings["prepared"] = database.describe_prepared_use()
            await readiness.migrate_embedded(settings, conninfo)
            problem = await schema_watch.check_schema()
            invalid = [name for (name,) in await database.query(invalid_indexes.SELECT_INVALID)]
            findings["schema"] = problem or invalid_indexes.describe_invalid(invalid) or "up to date"
            if problem is None:
                findings["record"] = await _check_record(settings)
                if dangers is not None:
                    dangers += await deployment.list_account_dangers()
        else:
            findings["schema"] = "unknown"
    return findings


async def _check_record(settings: "Settings") -> str:
    """Return whether the audit log is guarded and sealed, or what is wrong and the fix."""
    from datetime import UTC

    from shareable_backlog.database.audit import audit_guards
    from shareable_backlog.services.audit import audit_sealing

    guards = await audit_guards.inspect_guards()
    state = await audit_sealing.read_state()
    grants = f"slb database grants --program {guards.role}"
    if guards.missing:
        return f"not guarded: {', '.join(guards.missing)} is gone. Only a restore from a backup brings it back"
    if guards.disabled:
        return f"not guarded: {', '.join(guards.disabled)} is off. As the owner: slb database grants | psql"
    if guards.excess:
        return f"not guarded: {', '.join(guards.excess)}. As the owner: slb database grants | psql"
    if guards.lacking:
        return f"the role lacks {', '.join(guards.lacking)}. As the owner: {grants} | psql"
    if state.oldest_unsealed_at and (clock.read_time() - state.oldest_unsealed_at).total_seconds() > _SEALED_WITHIN_S:
        rows = format_count(state.unsealed, "row")
        since = f"{state.oldest_unsealed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return (
            f"not sealed: {rows} since {since}. `slb serve` seals them; without it, any command with SECRET_KEY set"
        )
    return _OWNERS_RECORD if guards.is_powerful and settings.database_url is not None else _GUARDED_RECORD


async def _check_linear(settings: "Settings") -> tuple[bool, dict[str, Any]]:
    """Return whether Linear answers, or need not, and what the key sees there."""
    import asyncio

    from shareable_backlog.errors import LinearFailed
    from shareable_backlog.linear import workspace
    from shareable_backlog.linear.connection import client
    from shareable_backlog.linear.connection.retry import Retries

    if not (settings.linear_api_key or settings.linear_oauth_client_id):
        return True, {"linear": "no LINEAR_API_KEY: nothing is mirrored"}
    try:
        async with (
            asyncio.timeout(_LONGEST_WAIT_S),
            client.open_configured_client(settings, retries=Retries(attempts=1)) as asking,
        ):
            seen = await workspace.inspect_workspace(asking)
    except TimeoutError:
        return False, {"linear": f"Linear did not answer within {_LONGEST_WAIT_S} s. Try again later."}
    except LinearFailed as error:
        return False, {"linear": str(error)}
    return True, _build_linear_findings(seen, by_key=settings.linear_api_key is not None)


def _build_linear_findings(seen: "Workspace", *, by_key: bool) -> dict[str, Any]:
    teams, private = format_count(len(seen.teams), "team"), sum(team.is_private for team in seen.teams)
    return {
        "linear": f"answers to {'LINEAR_API_KEY' if by_key else 'the OAuth application'}",
        "workspace": f"{seen.organization.name} ({seen.organization.url_key})",
        "acts_as": _describe_viewer(seen.viewer),
        "sees": f"{teams}{' and more' if seen.more_teams else ''}, {private} private",
        "writes": _KEY_ADVICE if by_key else "no: the application asks for a token that can only read",
        "budget": _describe_budget(seen.budget),
        _TEAMS: [_build_team_finding(team) for team in seen.teams],
    }


_KEY_ADVICE = "can't be told without writing. A read-only key, limited to the teams that are shown, is enough"


def _describe_viewer(viewer: "Viewer") -> str:
    if viewer.admin:
        return f"{viewer.name}, an admin: an ordinary user is enough"
    return f"{viewer.name}, a guest" if viewer.guest else viewer.name


def _build_team_finding(team: "WorkspaceTeam") -> dict[str, Any]:
    return {"key": team.key, "name": team.name, "issues": team.issue_count, "private": team.is_private}


def _describe_budget(budget: "KeyBudget") -> str:
    """Return what is left of the budget, as far as Linear said."""
    counted = (
        (budget.requests_remaining, budget.requests_limit, "requests"),
        (budget.complexity_remaining, budget.complexity_limit, "points"),
    )
    left = [
        f"{have:,} of {limit:,} {what}" for have, limit, what in counted if have is not None and limit is not None
    ]
    if not left:
        return "Linear did not say"
    full_at = max(filter(None, (budget.requests_reset_at, budget.complexity_reset_at)), default=None)
    return f"{' and '.join(left)} left" + (f", full again at {full_at:%H:%M} UTC" if full_at else "")
