"""The program when its pool, its database's patience or its database's connections run out."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.fakes.postgres import PrivateServer, PrivateServers
from tests.support.served import Answer, Served, run_serve

RECOVERED_WITHIN_S = 3.0


# The list is kept once it was made; this one is made anew each time.
PAGE = "/changes"


def incident_free(answer: Answer) -> bool:
    return "Traceback" not in answer.text and "pg_sleep" not in answer.text


async def asked(program: Served, server: PrivateServer, working: int, others: int) -> tuple[list[Answer], Answer]:
    """Ask for `others` pages at once when the server is busy with `working` more, and for health meanwhile."""
    never = asyncio.Event()
    asking = [asyncio.create_task(program.traffic(PAGE, every_s=0, until=never, at_most=working))]
    # Else the others could take so long to arrive that the two would be given up before the server breaks them off.
    await asyncio.to_thread(server.until_sleeping, working)
    asking.append(asyncio.create_task(program.traffic(PAGE, every_s=0, until=never, at_most=others)))
    await asyncio.sleep(0.5)
    health = await asyncio.to_thread(program.get, "/api/health")
    return [answer for answers in asking for answer in await answers], health


def test_with_the_pool_in_use_some_wait_a_while_the_others_are_refused_at_once_and_health_goes_on(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with run_serve(
        tmp_path,
        DATABASE_URL=private_server.url,
        DATABASE_POOL_MAX="2",
        DATABASE_CONNECT_TIMEOUT_S="3",
        DATABASE_STATEMENT_TIMEOUT_MS="5000",
    ) as program:
        program.until("/", 200)
        private_server.slow_pages_down(30)
        answers, health = asyncio.run(asked(program, private_server, working=2, others=50))
        assert {answer.status for answer in answers} == {503}
        assert all(incident_free(answer) for answer in answers)
        took = sorted(answer.took_s for answer in answers)
        assert took[28] < 3, "all but the two at work and the twenty in line are refused without waiting"
        assert took[-1] < 7
        assert (health.status, json.loads(health.text)["database"]["connected"]) == (200, True)
        assert health.took_s < 1
        program.until_logged("pool_is_exhausted")
        program.until_logged("query_failed")
        assert len(program.events("pool_is_exhausted")) == 1
        assert {event["sqlstate"] for event in program.events("query_failed")} == {"57014"}
        private_server.speed_pages_up()
        assert program.until("/", 200) < RECOVERED_WITHIN_S


def test_a_page_that_takes_too_long_is_broken_off_and_its_connection_used_again(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url, DATABASE_STATEMENT_TIMEOUT_MS="300") as program:
        program.until("/", 200)
        before = private_server.sessions()
        private_server.slow_pages_down(30)
        page = program.get(PAGE)
        assert page.status == 503
        assert "Retry-After" in page.headers
        assert "took too long to answer" in page.text
        assert page.took_s < 2
        assert set(private_server.sessions()) <= set(before)
        private_server.speed_pages_up()
        assert program.get(PAGE).status == 200


def test_without_a_connection_left_at_the_server_pages_say_so_and_work_soon_after_one_is(
    tmp_path: Path, private_servers: PrivateServers
) -> None:
    server = private_servers.make()
    server.start("max_connections=6")
    taken = [server.connect() for _ in range(6)]
    with run_serve(tmp_path, DATABASE_URL=server.url) as program:
        page = program.get("/")
        assert page.status == 503
        assert "too many clients" not in page.text
        assert program.until_logged("database_is_away")["reason"] == "The database has no connections left."
        for connection in taken:
            connection.close()
        assert program.until("/", 200) < RECOVERED_WITHIN_S


@pytest.mark.parametrize("path", [PAGE, "/items/ENG-1"])
def test_a_value_that_cannot_be_read_is_a_failure_with_a_number_that_is_in_the_log_too(
    tmp_path: Path, private_server: PrivateServer, path: str
) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url) as program:
        program.until("/", 200)
        with private_server.connect() as admin:
            admin.execute("ALTER TABLE backlog_items RENAME TO real_backlog_items")
            admin.execute(
                "CREATE VIEW backlog_items AS SELECT (jsonb_populate_record(real_backlog_items, '{}')).*"
                " FROM real_backlog_items WHERE 1 / (SELECT 0) = 1"
            )
        page = program.get(path)
        assert page.status == 500
        failed = program.until_logged("request_failed")
        assert failed["request_id"] in page.text
        assert "real_backlog_items" not in page.text
        cause = program.until_logged("query_failed")
        assert cause["sqlstate"] == "22012"
