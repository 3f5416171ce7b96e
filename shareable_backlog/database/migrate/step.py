"""Run one direction of one migration, and say in which line it failed."""

import re
import textwrap
from collections.abc import Callable
from time import sleep

import psycopg
from psycopg import Connection, errors, generators, pq

from shareable_backlog.database.connection import faults
from shareable_backlog.database.migrate import ledger, statements
from shareable_backlog.database.migrate.files import Migration, MigrationPart
from shareable_backlog.errors import BacklogError, DatabaseUnavailable, MigrationFailed

# Between attempts to get a table's lock; together with the attempts they outlast a report of half a minute.
RETRY_DELAYS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

_UNFIT = (
    (
        re.compile(r"(begin|start\s+transaction|commit|end|abort|rollback(?!.*\bto\b))\b", re.IGNORECASE),
        "begins or ends a transaction, but each file is one transaction already",
    ),
    (
        re.compile(r"copy\b.*\b(from\s+stdin|to\s+stdout)\b", re.IGNORECASE | re.DOTALL),
        "copies from or to the client, which a migration can't; use INSERT",
    ),
)
_UNCHANGED = "This file changed nothing."
_OUTSIDE_ONLY = "Run such a statement by hand and mark its file with `slb migrate baseline`."


def check_part(migration: Migration, part: MigrationPart) -> None:
    """Raise MigrationFailed for a part that can't run as one transaction, or that holds nothing to run."""
    found = statements.split_statements(part.text)
    if not found:
        raise MigrationFailed(f"{migration.file}, line {part.first_line}: there is no SQL here. Nothing was run.")
    for statement in found:
        for pattern, reason in _UNFIT:
            if pattern.match(statement.text):
                line = part.locate_line(statement.offset)
                raise MigrationFailed(f"{migration.file}, line {line}: this {reason}. Nothing was run.")


def restore_indexes(connection: Connection) -> None:
    """Build what a first sync has set aside (`mirror/item_indexes.py`), so that migrations find every index."""
    ((is_there,),) = connection.execute("SELECT to_regprocedure('public.restore_index()') IS NOT NULL").fetchall()
    if is_there:
        with connection.transaction():
            ledger.prepare_session(connection)
            connection.execute("SELECT restore_index() FROM set_aside_indexes")


def run_part(
    connection: Connection, migration: Migration, part: MigrationPart, note: Callable[[Connection, Migration], None]
) -> None:
    """Run a part and `note` it in the ledger, in one transaction.

    A table that is in use is waited for by short attempts, so that its readers are never held up for long.
    Raises MigrationFailed, or DatabaseUnavailable for a lost connection.
    """
    for delay_s in (*RETRY_DELAYS_S, None):
        line: int | None = None
        try:
            with connection.transaction():
                ledger.prepare_session(connection)
                results = _send_part(connection, part)
                if results[-1].status == pq.ExecStatus.FATAL_ERROR:
                    failed = errors.error_from_result(results[-1])
                    line = _locate_line(part, failed, len(results) - 1)
                    raise failed
                note(connection, migration)
        except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
            if delay_s is None:
                raise MigrationFailed(
                    f"{migration.file}: a table that it changes stayed in use. {_UNCHANGED}"
                    " Try again at a quieter time."
                ) from error
            sleep(delay_s)
        except psycopg.Error as error:
            raise _translate_error(migration, line, error) from error
        else:
            return


def _send_part(connection: Connection, part: MigrationPart) -> list[pq.abc.PGresult]:
    """Send the text as it is: no parameters, all its statements at once, one result for each that ended.

    A cursor would keep from us how many succeeded before the one that failed.
    """
    with connection.lock:
        connection.pgconn.send_query(part.text.encode())
        return connection.wait(generators.execute(connection.pgconn))


def _locate_line(part: MigrationPart, error: psycopg.Error, succeeded: int) -> int:
    """Return the line that the server points at, else the one on which the failed statement begins."""
    if error.diag.statement_position:
        return part.locate_line(int(error.diag.statement_position) - 1)
    found = statements.split_statements(part.text)
    return part.locate_line(found[min(succeeded, len(found) - 1)].offset)


def _translate_error(migration: Migration, line: int | None, error: psycopg.Error) -> BacklogError:
    """Return what went wrong where; of the server's words only the message, as its detail holds people's data."""
    if faults.is_lost(error):
        return DatabaseUnavailable(
            f"{migration.file}: the database {faults.describe_reason(error)}."
            " `slb migrate status` says whether the file was applied."
        )
    where = f"{migration.file}, line {line}" if line else f"{migration.file}, at its end"
    if isinstance(error, errors.InsufficientPrivilege):
        return MigrationFailed(f"{where}: {ledger.describe_missing_right(error)} {_UNCHANGED}")
    advice = f" {_OUTSIDE_ONLY}" if isinstance(error, errors.ActiveSqlTransaction) else ""
    # The message may quote the text from the fault to the end of the file.
    message = textwrap.shorten(error.diag.message_primary or "the database refused it", 200, placeholder=" …")
    return MigrationFailed(f"{where}: {message}. {_UNCHANGED}{advice}")
