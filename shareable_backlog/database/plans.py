"""Ask PostgreSQL how it runs a statement, for `slb serve --dev`."""

import re
from time import monotonic

import psycopg
from psycopg import sql as compose

from shareable_backlog.database.connection.pool import require_database
from shareable_backlog.database.connection.query import lease_connection
from shareable_backlog.errors import BacklogError
from shareable_backlog.tracing import TracedStatement

_RUN_AGAIN = compose.SQL("EXPLAIN (ANALYZE, BUFFERS) ")
_PLAN_ONLY = compose.SQL("EXPLAIN ")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
# Numbers of a condition are values; those of costs, rows and times, and names like "InitPlan 1", are not.
_CONDITION = re.compile(r"^\s+[A-Z][\w ]*: \(.*$", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w$.])(?<!Plan )-?\d+(?:\.\d+)?(?![\w.])")
_VALUE = "…"


async def explain_statement(statement: TracedStatement) -> str:
    """Return the plan of a statement without the values in it, or in words that there is none.

    What reads is run once more, in a transaction that may change nothing and is rolled back, so that the plan has
    times and rows. All else is planned only.
    """
    sql: compose.Composable = statement.sql
    if isinstance(statement.sql, str):
        sql = compose.SQL(statement.sql)  # pyright: ignore[reportArgumentType] (a literal when it ran)
    for way in (_RUN_AGAIN, _PLAN_ONLY) if _is_read_only(sql) else (_PLAN_ONLY,):
        try:
            return _hide_values(await _explain(way + sql, statement.params))
        except (psycopg.Error, BacklogError):
            continue  # what turns out to write, or to take too long, may still be planned
    return "PostgreSQL gives no plan for this statement."


async def _explain(sql: compose.Composed, params: object) -> str:
    database = require_database()
    async with (
        lease_connection(database, monotonic() + database.deadline_s) as connection,
        connection.transaction(force_rollback=True),
    ):
        await connection.execute("SET TRANSACTION READ ONLY")
        cursor = await connection.execute(sql, params)  # pyright: ignore[reportArgumentType] (as it was run before)
        return "\n".join(line for (line,) in await cursor.fetchall())


def _is_read_only(sql: compose.Composable) -> bool:
    """Return whether to run a statement again: a lock of the session would outlive the rolled back transaction."""
    text = sql.as_string(None).lower()
    return text.lstrip().startswith(("select", "with")) and "advisory" not in text


def _hide_values(plan: str) -> str:
    conditions_hidden = _CONDITION.sub(lambda line: _NUMBER.sub(_VALUE, line[0]), plan)
    return _QUOTED.sub(f"'{_VALUE}'", conditions_hidden)
