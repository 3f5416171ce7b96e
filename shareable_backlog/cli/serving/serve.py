"""Serve the pages: `slb serve`."""

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from shareable_backlog import service_manager
from shareable_backlog.cli import outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.number_arguments import build_number_type, parse_port

if TYPE_CHECKING:
    import socket

    from shareable_backlog.config import Settings

GRACE_S = 10
ENDED_WITHIN_S = 25


def add_parser(commands: Commands) -> None:
    """Add `serve` to the command line."""
    parser = commands.add_parser("serve", help="serve the backlog to browsers, and keep it fresh")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=parse_port, help="port to listen on (default: PORT, else 8000)")
    parser.add_argument("--sample", action="store_true", help="fill an empty mirror with a sample backlog")
    parser.add_argument(
        "--dev", action="store_true", help="reload what changes, and show admins the statements of each page"
    )
    parser.add_argument(
        "--workers",
        type=build_number_type(1, 64),
        default=1,
        metavar="N",
        help="serve in N processes, as many as there are processors, beside one for the background work",
    )
    parser.add_argument(
        "--no-sync", dest="with_sync", action="store_false", help="leave the mirror to `slb sync --watch`"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; then requests under way get 10 s, and the whole program 25 s, to end.

    SIGTERM lets it drain for STOP_DRAIN_S before. After a second signal requests are broken off, and the program
    has 5 s.
    """
    from shareable_backlog import config, logs
    from shareable_backlog.config import node_names, secret_key

    settings = config.read_settings()
    logs.configure_logs(settings.log_level, settings.log_format)
    node_names.log_names()
    _check_host(arguments.host, settings.base_url, is_dev=arguments.dev)
    _check_workers(arguments.workers, is_dev=arguments.dev)
    settings = secret_key.ensure_secret_key(settings)
    port: int = settings.port if arguments.port is None else arguments.port
    listener = _listen(arguments.host, port)
    if listener is None:
        print(f"slb: port {port} is taken or not allowed. Choose another with --port.", file=sys.stderr)
        return 1
    announce = partial(
        _announce,
        _format_url(listener),
        base_url=settings.base_url,
        has_key=settings.linear_api_key is not None or settings.linear_oauth_client_id is not None,
        own_database=settings.database_url is not None,
    )
    wanted = {"with_sample": arguments.sample, "with_sync": arguments.with_sync}
    with closing(listener):
        if arguments.workers > 1:
            return _serve_by_workers(settings, listener, arguments.workers, announce=announce, **wanted)
        if not arguments.dev:
            return serve_here(settings, listener, announce=announce, **wanted)
        from shareable_backlog.cli.serving import serve_dev

        announce()
        return serve_dev.serve_and_reload(settings, listener, with_sample=arguments.sample)


def _check_workers(count: int, *, is_dev: bool) -> None:
    from shareable_backlog.errors import ConfigurationInvalid

    if count > 1 and is_dev:
        raise ConfigurationInvalid(("--dev serves in one process: leave out --workers",))


def _check_host(host: str, base_url: str | None, *, is_dev: bool) -> None:
    """Raise ConfigurationInvalid unless it is known where people from outside come, or that none can."""
    from urllib.parse import urlsplit

    from shareable_backlog.config.values import is_loopback
    from shareable_backlog.errors import ConfigurationInvalid

    if base_url is None and not is_loopback(host):
        fault = f"BASE_URL is not set, but {host} can be reached from outside: set it to the address people use"
        raise ConfigurationInvalid((fault,))
    reached = urlsplit(base_url or "http://localhost").hostname
    if is_dev and not (is_loopback(host) and is_loopback(reached or "")):
        raise ConfigurationInvalid(("--dev is for this machine only: leave out --host and BASE_URL",))


def serve_here(
    settings: "Settings",
    listener: "socket.socket",
    *,
    with_sample: bool,
    with_background: bool = True,
    with_sync: bool = True,
    is_dev: bool = False,
    announce: Callable[[], None] = lambda: None,
    on_beat: Callable[[], None] = service_manager.tell_alive,
) -> int:
    """Serve in this process on a socket that listens, and return the exit code; `announce` says where it is."""
    import signal

    from shareable_backlog import app, logs, stop
    from shareable_backlog.web.connections.server import Server

    logs.configure_logs(settings.log_level, settings.log_format, queued=True)
    program = app.create_app(
        settings,
        default_url=_format_url(listener),
        with_sample=with_sample,
        with_background=with_background,
        with_sync=with_sync,
        is_dev=is_dev,
        on_link=_print_link,
    )
    server = Server(program, drain_s=settings.stop_drain_s, grace_s=GRACE_S, within_s=ENDED_WITHIN_S, on_beat=on_beat)
    # uvicorn listens a little later; a signal until then must not be lost.
    for number in stop.SIGNALS:
        signal.signal(number, server.handle_exit)
    announce()
    try:
        server.run(sockets=[listener])
    except SystemExit:  # how uvicorn says that the program did not start
        if program.failure:
            raise program.failure from None
        return 1
    return 0 if server.started else 1


def _serve_by_workers(
    settings: "Settings",
    listener: "socket.socket",
    count: int,
    *,
    with_sample: bool,
    with_sync: bool,
    announce: Callable[[], None],
) -> int:
    """Serve in `count` processes on one socket that listens, and do the background work in one more."""
    import asyncio
    import os

    from shareable_backlog.cli.serving import metrics_folder

    default_url = _format_url(listener)

    def serve(beat: Callable[[], None]) -> int:
        return serve_here(settings, listener, with_sample=False, with_background=False, on_beat=beat)

    def work(beat: Callable[[], None]) -> int:
        listener.close()
        beside = app.run_background(
            settings, default_url=default_url, with_sample=with_sample, with_sync=with_sync, on_link=_print_link
        )
        return background.run_inside(settings, beside, beat)

    with metrics_folder.make_folder() as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # before its library is imported: workers count together
        from shareable_backlog import app, database, stop
        from shareable_backlog.cli.serving import background
        from shareable_backlog.cli.serving.workers import Supervisor
        from shareable_backlog.services import readiness
        from shareable_backlog.services.account import reading_limits

        reading_limits.count_with_others()
        with database.use_server(settings) as conninfo:
            asyncio.run(readiness.migrate_embedded(settings, conninfo))
            announce()
            supervisor = Supervisor([serve] * count, work, web_stops_in_s=settings.stop_drain_s + ENDED_WITHIN_S)
            code = supervisor.run(listener.close)
            stop.end_within(ENDED_WITHIN_S)  # also where the embedded server hangs
            return code


def _listen(host: str, port: int) -> "socket.socket | None":
    import socket

    host = host.strip("[]")
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError:
        return None


def _format_url(listener: "socket.socket") -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _print_link(link: str) -> None:
    outputs.say(f"Sign in once as the sample's admin: {link}")


def _announce(url: str, *, base_url: str | None, has_key: bool, own_database: bool) -> None:
    outputs.say(f"Shareable Linear Backlog: {url}/  (Ctrl-C stops it)")
    if base_url is not None and base_url != url:
        outputs.say(f"People reach it at {base_url}/")
    unset = [] if has_key else ["to show a real workspace set LINEAR_API_KEY"]
    unset += [] if own_database else ["to use your own PostgreSQL server set DATABASE_URL"]
    if unset:
        words = "; ".join(unset)
        outputs.say(f"{words[0].upper()}{words[1:]} (in the environment or in .env, see .env.example).")
