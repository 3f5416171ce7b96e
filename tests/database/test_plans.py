"""The plans that `slb serve --dev` shows."""

from typing import Any

import pytest

from shareable_backlog import database
from shareable_backlog.database.plans import explain_statement
from shareable_backlog.tracing import TracedStatement

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ADD_USER = "INSERT INTO users (email) VALUES (%(email)s) RETURNING id"
NO_PLAN = "PostgreSQL gives no plan for this statement."


async def explain(sql: str, params: dict[str, Any] | None = None) -> str:
    return await explain_statement(TracedStatement(sql, params, 1.0, 1))


async def count_users() -> int:
    return (await database.query("SELECT count(*) FROM users"))[0][0]


async def test_the_plan_of_what_reads_has_times_and_rows() -> None:
    plan = await explain("SELECT id FROM users WHERE email = %(email)s", {"email": "bob@example.com"})
    assert "on users" in plan
    assert "actual time=" in plan
    assert "Execution Time: " in plan


async def test_no_value_stands_in_a_plan() -> None:
    params = {"email": "o'brien@example.com", "id": 4711, "share": 31.415926, "ids": [8812, 8813]}
    plan = await explain(
        "SELECT id FROM users WHERE email = %(email)s AND id + id > %(id)s AND id <> ALL (%(ids)s)"
        " AND id * 0.5 < -1 * %(share)s",
        params,
    )
    assert "email" in plan
    assert [value for value in ("brien", "4711", "8812", "8813", "31.41") if value in plan] == []


async def test_what_writes_is_planned_and_not_run() -> None:
    plan = await explain(ADD_USER, {"email": "bob@example.com"})
    assert "Insert on users" in plan
    assert "actual time=" not in plan
    assert await count_users() == 0


async def test_a_select_that_writes_is_planned_and_not_run() -> None:
    plan = await explain(f"WITH added AS ({ADD_USER}) SELECT id FROM added", {"email": "bob@example.com"})
    assert "Insert on users" in plan
    assert "actual time=" not in plan
    assert await count_users() == 0


async def test_a_lock_of_the_session_is_not_taken_again() -> None:
    assert "actual time=" not in await explain("SELECT pg_advisory_lock(7)")
    held = await database.query(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND objid = 7 AND datname = current_database()"
    )
    assert held == [(0,)]


@pytest.mark.parametrize("sql", ["SELECT id FROM nothing_like_that", "LOCK TABLE users", ""])
async def test_what_has_no_plan_is_said_in_words(sql: str) -> None:
    assert await explain(sql) == NO_PLAN
