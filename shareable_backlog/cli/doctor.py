"""Look at everything the program needs and say what is wrong: `slb doctor`."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from shareable_backlog.cli.commands import Commands

if TYPE_CHECKING:
    from shareable_backlog.config import Settings


def add_parser(commands: Commands) -> None:
    """Add `doctor` to the command line."""
    parser = commands.add_parser("doctor", help="check configuration, database and schema")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; exit code 1 when something has to be done."""
    import asyncio

    from shareable_backlog import config, logs

    settings = config.load()
    logs.configure("error", settings.log_format)
    findings = asyncio.run(_findings(settings))
    if arguments.json:
        print(json.dumps(findings))
    else:
        for name, value in findings.items():
            print(f"{name.replace('_', ' '):16} {value}")
    return 0 if findings["schema"] == "up to date" else 1


async def _findings(settings: "Settings") -> dict[str, Any]:
    import asyncio

    from shareable_backlog import database
    from shareable_backlog.database import migrate
    from shareable_backlog.services import readiness

    own = settings.database_url is not None
    findings: dict[str, Any] = {
        "database": "your own server (DATABASE_URL)" if own else "the embedded PostgreSQL",
        "data": "on that server" if own else str(settings.data_dir / "postgres"),
    }
    async with database.opened(settings) as conninfo:
        test = await database.test_connection()
        findings["connection"] = f"answers in {test.latency_ms} ms" if test.connected else test.error
        if test.connected:
            [(version,)] = await database.query("SELECT current_setting('server_version')")
            findings["server"] = f"PostgreSQL {version}"
            await readiness.migrate_embedded(settings, conninfo)
            status = await asyncio.to_thread(migrate.status, conninfo)
            findings["schema"] = status.explanation() if status.problem() else "up to date"
        else:
            findings["schema"] = "unknown"
    findings["linear"] = "a key is set" if settings.linear_api_key else "no LINEAR_API_KEY: nothing is mirrored"
    return findings
