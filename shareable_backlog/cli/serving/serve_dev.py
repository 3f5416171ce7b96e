"""Serve for whoever develops: `slb serve --dev` begins anew when code changes, and looks at templates and styles."""

import os
import socket
import sys
from pathlib import Path

from watchfiles import Change, run_process

from shareable_backlog import config, database, logs
from shareable_backlog.cli.serving import serve
from shareable_backlog.config import Settings, secret_key
from shareable_backlog.errors import BacklogError
from shareable_backlog.web import live_files

_PACKAGE = Path(__file__).parents[2]
_WATCHED = (_PACKAGE, *filter(Path.is_dir, [_PACKAGE.parent / "database"]))  # the migrations lie in both, or in one
_SUFFIXES = (".py", ".sql")


def serve_and_reload(settings: Settings, listener: socket.socket, *, with_sample: bool) -> int:
    """Serve in a process of its own, which begins anew whenever code or a migration changes, until Ctrl-C.

    Meanwhile requests wait on the socket, which stays open, as does the embedded server.
    """
    logs.configure_logs(settings.log_level, settings.log_format)
    with database.use_server(settings):
        run_process(
            *_WATCHED,
            target=_serve_once,
            args=(listener, with_sample),
            watch_filter=_is_code,
            sigint_timeout=serve.GRACE_S + 5,
        )
    return 0


def _serve_once(listener: socket.socket, with_sample: bool) -> None:  # noqa: FBT001 (as the process hands it over)
    live_files.watch_files()
    is_first = os.environ["WATCHFILES_CHANGES"] == "[]"  # the sample is there, and its admin signed in, after that
    try:
        settings = secret_key.ensure_secret_key(config.read_settings())
        serve.serve_here(settings, listener, with_sample=with_sample and is_first, is_dev=True)
    except BacklogError as error:
        print(f"slb: {error}", file=sys.stderr)  # and wait for a change that mends it


def _is_code(_change: Change, path: str) -> bool:
    return path.endswith(_SUFFIXES)
