"""Look at everything the program needs and say what is wrong: `slb doctor`. It makes and changes nothing."""

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shareable_backlog.cli import outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count
from shareable_backlog.cli.doctor.finding import Finding
from shareable_backlog.errors import ConfigurationInvalid

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.linear.workspace import WorkspaceTeam

_FAILED, _WRONG = 1, 2


def add_parser(commands: Commands) -> None:
    """Add `doctor` to the command line."""
    parser = commands.add_parser("doctor", help="check all that the program needs, and say what to do")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--deploy", action="store_true", help="look also for what is unsafe where others are served")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; exit code 1 when something fails, 2 when the settings can't be used at all."""
    import asyncio

    from shareable_backlog import config, logs

    try:
        settings = config.read_settings()
        logs.configure_logs("error", settings.log_format)
        findings, teams = asyncio.run(_check_all(settings, deploy=arguments.deploy))
    except ConfigurationInvalid as error:
        if not arguments.json:
            raise
        faults = "; ".join(error.faults)
        _print_json([Finding("settings", "fail", faults, "correct these settings in the environment or in .env")], [])
        return _WRONG
    if arguments.json:
        _print_json(findings, teams)
    else:
        outputs.show("\n".join([*map(_format_finding, findings), *map(_format_team, teams)]))
    return _FAILED if any(one.status == "fail" for one in findings) else 0


async def _check_all(settings: "Settings", *, deploy: bool) -> "tuple[list[Finding], Sequence[WorkspaceTeam]]":
    """Return what was found, and the teams that the key of Linear sees."""
    from shareable_backlog.cli.doctor import database, linear, machine, sign_in, web
    from shareable_backlog.services import deployment

    dangers = deployment.list_setting_dangers(settings) if deploy else []
    of_database, of_accounts = await database.check_database(settings, deploy=deploy)
    of_linear, teams = await linear.check_linear(settings)
    findings = [
        machine.check_spelling(settings),
        machine.check_secrets(settings),
        machine.check_disk(settings),
        web.check_base_url(settings),
        web.check_cookies(settings),
        web.check_proxies(settings),
        *of_database,
        *of_linear,
        await sign_in.check_oidc(settings),
        await sign_in.check_mail(settings),
        *(Finding(one.name, "fail", one.what, one.fix) for one in (*dangers, *of_accounts)),
    ]
    if deploy and not dangers and not of_accounts:
        findings.append(Finding("deploy", "ok", "nothing unsafe was found"))
    return findings, teams


def _print_json(findings: Sequence[Finding], teams: "Sequence[WorkspaceTeam]") -> None:
    """Print by the name of each check what it found, and the teams."""
    checks = {one.name: {key: value for key, value in one._asdict().items() if key != "name"} for one in findings}
    seen = [
        {"key": team.key, "name": team.name, "issues": team.issue_count, "private": team.is_private} for team in teams
    ]
    outputs.show(json.dumps({"checks": checks, "teams": seen}))


def _format_finding(finding: Finding) -> str:
    line = f"{finding.status:5} {finding.name.replace('_', ' '):16} {finding.what}"
    if not finding.fix:
        return line
    return f"{line}{'' if line.endswith(('.', '?', '!')) else '.'} To mend it, {finding.fix}."


def _format_team(team: "WorkspaceTeam") -> str:
    private = ", private" if team.is_private else ""
    return f"{'ok':5} {'team':16} {team.key} {team.name}: {format_count(team.issue_count, 'issue')}{private}"
