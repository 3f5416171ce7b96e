"""Say in plain words what went wrong with the database; the driver's own words name hosts and users."""

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from shareable_backlog.errors import (
    BacklogError,
    Contended,
    DatabaseFailed,
    DatabaseReadOnly,
    DatabaseUnavailable,
    DataRefused,
)

READ_ONLY = (
    "The database accepts no writes right now, so nothing can be recorded. Lists, boards and search can be read;"
    " items, whose readers are recorded, and all changes have to wait."
)
WAITING_IS_NO_HELP = "Waiting won't help: whoever runs this has to mend its settings or the server's."
_LATER = "Please try again in a few seconds."
_NOT_ALLOWED = "does not allow this machine (pg_hba.conf)"
# Also where no encryption would help, PostgreSQL says of a plain connection that it had none.
_NOT_ALLOWED_PLAIN = f"{_NOT_ALLOWED}, at least without encryption (sslmode=require)"
_STATEMENT_MODE = "is behind a pooler in statement mode, which allows no transactions (set pool_mode = transaction)"
# Connection errors carry no SQLSTATE, only text (measured, psycopg 3.3.9).
_REASONS = (
    (
        r"authentication failed|no password supplied|role .* does not exist",
        "refused the user or password",
    ),
    (r"server requires SSL", "accepts only encrypted connections (sslmode=require)"),
    (r'pg_hba\.conf .*("\[local\]"|SSL encryption)', _NOT_ALLOWED),
    (r"pg_hba\.conf .*no encryption", _NOT_ALLOWED_PLAIN),
    (r"pg_hba\.conf ", _NOT_ALLOWED),
    (r"database .* does not exist", "does not exist on its server"),
    (r"certificate|SSL error|root\.crt", "could not prove its identity (TLS certificate)"),
    (r"server does not support SSL", "does not support TLS, which sslmode requires"),
    (
        r"unsupported startup parameter",
        "is behind a pooler that refuses our options (there, set ignore_startup_parameters = options)",
    ),
    (r"transaction blocks not allowed", _STATEMENT_MODE),
    (r"too many (clients|connections)|remaining connection slots", "has no connections left"),
    (r"starting up|not (yet )?accepting|recovery", "is starting"),
    (r"shutting down|terminating connection", "is shutting down"),
    (r"read-only|read-write|target_session_attrs", "accepts no writes (is it a standby?)"),
    (
        r"could not translate host name|Name or service|resolve|getaddrinfo|'idna' codec",
        "can't be found: its host name is not known",
    ),
    (r"Connection refused|No such file or directory", "is not running or not listening"),
    (r"timeout|timed out", "did not answer in time"),
    (r"^invalid \w+ value|^invalid port", "can't be reached with this DATABASE_URL: one of its values is wrong"),
)
# Waiting mends all but these.
_LASTING = {
    "refused the user or password",
    "accepts only encrypted connections (sslmode=require)",
    _NOT_ALLOWED,
    _NOT_ALLOWED_PLAIN,
    "does not exist on its server",
    "could not prove its identity (TLS certificate)",
    "does not support TLS, which sslmode requires",
    "is behind a pooler that refuses our options (there, set ignore_startup_parameters = options)",
    _STATEMENT_MODE,
    "can't be reached with this DATABASE_URL: one of its values is wrong",
}
_UNABLE = {
    "57014": "took too long to answer",
    "53100": "has no room left on its disk",
    "53200": "is out of memory",
    "58030": "can't read or write its files",
}
_READ_ONLY_STATE = "25006"
_UNKNOWN_STATEMENT = "26000"
_CONTENDED = {"40001", "40P01", "55P03"}
# Data exception, broken constraint, beyond a limit such as an index row's size.
_OF_THE_VALUES = {"22", "23", "54"}


def describe_reason(error: Exception) -> str:
    """Return the end of the sentence "The database …" for a connection error, without host or user."""
    text = str(error)
    return next((words for pattern, words in _REASONS if re.search(pattern, text)), "can't be reached")


def is_lasting(error: Exception) -> bool:
    """Return whether a connection error stays until somebody changes the settings, here or at the server."""
    return describe_reason(error) in _LASTING


def describe_encoding(server_encoding: str) -> str | None:
    """Say in plain words why the texts of Linear can't be kept in a database of this encoding; None if they can."""
    if server_encoding in {"UTF8", "SQL_ASCII"}:
        return None
    return (
        f"The database's encoding is {server_encoding}, which can't hold every text of Linear: make a database with"
        " UTF8 (createdb --encoding=UTF8 --template=template0) and name it in DATABASE_URL."
    )


def is_lost(error: psycopg.Error) -> bool:
    """Return whether the connection, or the server behind it, is of no more use.

    25006 is a server that turned read-only: its connections stay healthy and refuse every write for ever.
    """
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError) and not is_from_pool(error)
    return state in {_READ_ONLY_STATE, "57P01", "57P02", "57P03", "57P05", "53300"} or state.startswith("08")


def is_stale(error: psycopg.Error) -> bool:
    """Return whether a prepared statement was refused before it did anything: parsed anew, it is as good as ever.

    It is gone, or a migration has changed the type of what it returns.
    """
    if error.sqlstate == "0A000":
        return error.diag.source_function == "RevalidateCachedQuery"
    return error.sqlstate == _UNKNOWN_STATEMENT


def describe_stale(error: psycopg.Error) -> str:
    """Say in plain words why a prepared statement was refused."""
    if error.sqlstate == _UNKNOWN_STATEMENT:
        return "They are gone: if a pooler stands between, set DATABASE_PREPARED_STATEMENTS=no."
    return "The schema has changed since."


def is_from_pool(error: psycopg.Error) -> bool:
    """Return whether it is the pool that had no connection to give, or is closed: the server has no part in it."""
    return isinstance(error, (PoolTimeout, TooManyRequests, PoolClosed))


def translate_error(error: psycopg.Error) -> BacklogError:
    """Return the error that a service may raise in place of the driver's."""
    state = error.sqlstate or ""
    if state == _READ_ONLY_STATE:
        return DatabaseReadOnly(READ_ONLY)
    if is_from_pool(error):
        busy = "program is stopping" if isinstance(error, PoolClosed) else "database is busy"
        return DatabaseUnavailable(f"The {busy}. {_LATER}")
    if state in _CONTENDED:
        return Contended(f"Somebody else is changing the same data. {_LATER}")
    if state in _UNABLE or is_lost(error):
        advice = _LATER if state in _UNABLE or not is_lasting(error) else WAITING_IS_NO_HELP
        return DatabaseUnavailable(f"The database {_UNABLE.get(state) or describe_reason(error)}. {advice}")
    if state[:2] in _OF_THE_VALUES or isinstance(error, psycopg.DataError):
        return DataRefused("The database refused a value that was to be read or stored. Please tell an admin.")
    return DatabaseFailed("The data could not be read or stored. Please try again or tell an admin.")


def describe_to_operator(error: psycopg.Error) -> str:
    """Say what went wrong to whoever runs the program, in the server's own words where it has any of a statement."""
    told = error.diag.message_primary
    return f"The database says: {told}." if told else str(translate_error(error))


def redact_output(text: str, conninfo: str) -> str:
    """Return the words of a PostgreSQL program without the host, user, database and password of `conninfo`."""
    words = conninfo_to_dict(conninfo)
    for word in ("password", "host", "hostaddr", "user", "dbname"):
        for value in str(words.get(word) or "").split(","):
            text = text.replace(value, "***") if value else text
    return text
