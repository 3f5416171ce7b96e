"""Keep sessions of a test's database that somebody closes, and give them to whoever connects in the same way next.

A session begins with empty caches: what PostgreSQL has to read of its catalogs to plan the first statements takes ten
times as long as they do, and the suite begins ten thousand sessions. What a session holds by itself (settings, locks,
temporary tables, prepared statements, what it listens to) is discarded as poolers do it, by `DISCARD ALL`.
"""

import functools
import select
import threading
import weakref
from collections.abc import Generator
from typing import Any

import psycopg
from psycopg import BaseConnection, generators, pq
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq.abc import PGconn

NAME = "lending"
"""By which `pg_stat_activity` knows the sessions that stay."""

_MOST = 4
"""Of one database that are kept at a time."""
_SET_ASIDE = f"SET application_name = '{NAME}'".encode()
_TAKE_BACK = b"RESET application_name; SELECT FROM pg_db_role_setting LIMIT 1"
"""Settings of a database or a role count from a session's beginning, so while there are any all begin anew."""

_LOCK = threading.Lock()  # a site runs in a thread of its own
_ENDED: PGconn = pq.PGconn.connect_start(b"nothing to connect by")
_ENDED.finish()

_kept: dict[tuple[object, ...], list[tuple[str, PGconn]]] = {}
"""By where databases are their closed sessions, each with what it was connected by."""
_conninfos: weakref.WeakKeyDictionary[BaseConnection[Any], str] = weakref.WeakKeyDictionary()


def keep_sessions(conninfo: str) -> None:
    """Keep from now on the sessions of a database."""
    _kept[_locate_database(conninfo)] = []


def end_sessions(conninfo: str) -> None:
    """End those that are kept of a database, and keep no more."""
    for _, session in _kept.pop(_locate_database(conninfo), ()):
        session.finish()


def watch_connections() -> None:
    """Let all connections that this process makes by psycopg begin and end in this way."""
    for kind in (psycopg.Connection, psycopg.AsyncConnection):
        setattr(kind, "_connect_gen", classmethod(_connect))  # noqa: B010  # a private name
    close, close_async = psycopg.Connection[Any].close, psycopg.AsyncConnection[Any].close

    def keep_or_close(self: psycopg.Connection[Any]) -> None:
        _keep_session(self)
        close(self)

    async def keep_or_close_async(self: psycopg.AsyncConnection[Any]) -> None:
        _keep_session(self)
        await close_async(self)

    psycopg.Connection.close, psycopg.AsyncConnection.close = keep_or_close, keep_or_close_async


@functools.cache
def _locate_database(conninfo: str) -> tuple[object, ...]:
    """Return what leads straight to a database: a test's own proxy could answer nothing while this asks."""
    words = conninfo_to_dict(conninfo)
    return words.get("host"), words.get("port"), words.get("dbname")


def _connect(cls: type[BaseConnection[Any]], conninfo: str = "") -> Generator[Any, Any, BaseConnection[Any]]:
    """Connect as psycopg does, unless there is a session to go on with."""
    session = _take_session(conninfo) or (yield from generators.connect(conninfo))
    connection = cls(session)
    _conninfos[connection] = conninfo
    return connection


def _take_session(conninfo: str) -> PGconn | None:
    while session := _find_session(conninfo):
        if _is_quiet(session):
            answer = session.exec_(_TAKE_BACK)
            if answer.status == pq.ExecStatus.TUPLES_OK and not answer.ntuples:
                return session
        session.finish()
    return None


def _find_session(conninfo: str) -> PGconn | None:
    """Take the latest of those that were connected in this way out of what is kept."""
    with _LOCK:
        kept = _kept.get(_locate_database(conninfo), [])
        fitting = [number for number, (by, _) in enumerate(kept) if by == conninfo]
        return kept.pop(fitting[-1])[1] if fitting else None


def _keep_session(connection: BaseConnection[Any]) -> None:
    """Keep the session of a connection that is about to be closed, if it is fit for others: then that is closed."""
    session, conninfo = connection.pgconn, _conninfos.get(connection, "")
    kept = _kept.get(_locate_database(conninfo))
    if connection.closed or kept is None or not _is_quiet(session):
        return
    if session.transaction_status != pq.TransactionStatus.IDLE or session.pipeline_status:
        return
    if all(session.exec_(words).status == pq.ExecStatus.COMMAND_OK for words in (b"DISCARD ALL", _SET_ASIDE)):
        session.notice_handler = session.notify_handler = None
        connection.pgconn, connection._closed = _ENDED, True  # pyright: ignore[reportPrivateUsage] (as it sets it)
        with _LOCK:
            kept.append((conninfo, session))
            _, oldest = kept.pop(0) if len(kept) > _MOST else (None, None)
        if oldest:
            oldest.finish()


def _is_quiet(session: PGconn) -> bool:
    """Return whether the server has said nothing since its last answer, as it does when it ends a session."""
    poller = select.poll()
    poller.register(session.socket, select.POLLIN)
    return session.status == pq.ConnStatus.OK and not poller.poll(0)
