"""Use an embedded server from a process of its own, which the tests start, question and kill."""

import os
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg

from shareable_backlog.database.embedded import embedded_server
from shareable_backlog.errors import EmbeddedServerFailed


def main(line: "Connection[object, str]", data_dir: Path, options: tuple[str, ...], uid: int, python: str) -> None:
    """Send "up" when the server is, or why it is not; answer SQL with its first value; leave when `line` ends.

    The process becomes `uid`, and `python` is the interpreter that it starts the watcher with.
    """
    os.setpgid(0, 0)
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    sys.executable = python
    try:
        with (
            embedded_server.run_server(data_dir, options) as conninfo,
            psycopg.connect(conninfo, autocommit=True) as connection,
        ):
            line.send("up")
            with suppress(EOFError):
                while True:
                    cursor = connection.execute(line.recv().encode())
                    row = cursor.fetchone() if cursor.description else None
                    line.send(row[0] if row else None)
    except EmbeddedServerFailed as error:
        line.send(str(error))
