"""Connect with the options of a session, and set them afterwards where a proxy refuses them at its start.

Amazon's RDS Proxy does (SQLSTATE 0A000); after a SET it keeps client and server together, so that they last.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shareable_backlog.database.connection.deadline import hang_up_after

Connected = TypeVar("Connected", bound=psycopg.AsyncConnection[Any])

_REFUSAL = re.compile(r"command-line options")
_WORD = re.compile(r"(?:\\.|[^\\\s])+")
_SPECIAL = re.compile(r"[\\\s]")
_SETTING = re.compile(r"(?:-c|--)?([\w.]+)=(.*)", re.DOTALL)
_SET_WITHIN_S = 2.0
_SET = "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS given (name, value)"


def parse_options(text: str) -> list[tuple[str, str]]:
    """Return the settings of libpq's `options`, by name and value, in their order; other switches are left out."""
    words = [re.sub(r"\\(.)", r"\1", word) for word in _WORD.findall(text)]
    found = [_SETTING.fullmatch(word) for word in words if word != "-c"]
    return [(setting[1].replace("-", "_"), setting[2]) for setting in found if setting]


def format_options(settings: Sequence[tuple[str, str]]) -> str:
    """Return settings as libpq's `options`."""
    escaped = [(name, _SPECIAL.sub(r"\\\g<0>", value)) for name, value in settings]
    return " ".join(f"-c {name}={value}" for name, value in escaped)


def _take_options(conninfo: str) -> tuple[str, list[list[str]]]:
    """Return a connection string without its options, and those: their names, and their values."""
    words = conninfo_to_dict(conninfo)
    settings = parse_options(str(words.pop("options", None) or ""))
    return make_conninfo("", **words), [[name for name, _ in settings], [value for _, value in settings]]


async def connect_async(
    connect: Callable[..., Awaitable[Connected]],
    conninfo: str,
    **words: Any,  # noqa: ANN401 (as the driver takes them)
) -> Connected:
    """Return what `connect` does, and where a proxy refuses the options, without them, to be set afterwards."""
    try:
        return await connect(conninfo, **words)
    except psycopg.OperationalError as error:
        if not _REFUSAL.search(str(error)):
            raise
    bare, settings = _take_options(conninfo)
    connection = await connect(bare, **words)
    try:
        with hang_up_after(_SET_WITHIN_S, connection):
            await connection.execute(_SET, settings)
    except BaseException:
        await connection.close()
        raise
    return connection


async def connect_to_read(
    connect: Callable[..., Awaitable[Connected]],
    conninfo: str,
    **words: Any,  # noqa: ANN401 (as the driver takes them)
) -> Connected:
    """Connect in the same way, and where no server takes writes, to one that is no standby: it can still be read.

    A standby is no server to stay with, as the one that takes its place is elsewhere.
    """
    try:
        return await connect_async(connect, conninfo, **words)
    except psycopg.OperationalError as error:
        if "session is read-only" not in str(error):
            raise
        try:
            return await connect_async(connect, make_conninfo(conninfo, target_session_attrs="primary"), **words)
        except psycopg.OperationalError:
            raise error from None


def connect(conninfo: str, *, autocommit: bool = False) -> psycopg.Connection:
    """Connect in the same way outside of a loop; no statement is prepared."""
    try:
        return psycopg.connect(conninfo, autocommit=autocommit, prepare_threshold=None)
    except psycopg.OperationalError as error:
        if not _REFUSAL.search(str(error)):
            raise
    bare, settings = _take_options(conninfo)
    connection = psycopg.connect(bare, autocommit=autocommit, prepare_threshold=None)
    try:
        connection.execute(_SET, settings)
    except BaseException:
        connection.close()
        raise
    return connection
