"""Ask the server of this machine whether it serves: `slb healthcheck`, for a container's engine."""

import argparse

from shareable_backlog.cli import outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.number_arguments import parse_port

_WITHIN_S = 4.0
_MOST_BYTES = 10_000
_OK = 200


def add_parser(commands: Commands) -> None:
    """Add `healthcheck` to the command line."""
    parser = commands.add_parser("healthcheck", help="ask the server of this machine whether it serves pages")
    parser.add_argument("--host", default="127.0.0.1", help="address that it listens on (default: %(default)s)")
    parser.add_argument("--port", type=parse_port, help="port that it listens on (default: PORT, else 8000)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask `/readyz` and say its answer in a line; exit code 1 unless pages are served. It takes 4 s at most."""
    import http.client
    import json

    from shareable_backlog import config

    port = config.read_settings().port if arguments.port is None else arguments.port
    connection = http.client.HTTPConnection(arguments.host.strip("[]"), port, timeout=_WITHIN_S)
    try:
        connection.request("GET", "/readyz", headers={"Connection": "close"})
        answer = connection.getresponse()
        said = json.loads(answer.read(_MOST_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        outputs.complain(f"No server answers on port {port} of {arguments.host}, or not in time.")
        return 1
    finally:
        connection.close()
    if answer.status != _OK:
        outputs.complain(said.get("error"))
        return 1
    late = f", degraded: {said['degraded']}" if "degraded" in said else ""
    outputs.show(f"ok{late}")
    return 0
