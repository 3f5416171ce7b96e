"""The program while its database is away, and after it has come back."""

import asyncio
import json
import os
from pathlib import Path
from time import monotonic
from typing import Literal, cast

import pytest

from tests.fakes.postgres import PrivateServer, PrivateServers
from tests.support.served import Answer, Served, run_serve

RECOVERED_WITHIN_S = 3.0
# The 120 s of a real outage show nothing that these do not. Waits that doubled without end, 1, 2, 4 and 8 s, would
# have the pool try after 7 s and then after 15 s: far too late for a database that is back between them.
OUTAGE_S = float(os.environ.get("SLB_TEST_OUTAGE_S", "9"))


def health(program: Served) -> dict[str, object]:
    answer = program.get("/api/health")
    assert answer.status == 200
    return cast("dict[str, object]", json.loads(answer.text)["database"])


def test_it_starts_without_its_database_says_so_and_works_soon_after_that_is_up(
    tmp_path: Path, private_servers: PrivateServers
) -> None:
    server = private_servers.make()
    with run_serve(tmp_path, DATABASE_URL=server.url) as program:
        assert program.get("/healthz").status == 200
        assert health(program) == {"connected": False, "error": "The database is not running or not listening."}
        ready = program.get("/readyz")
        assert (ready.status, json.loads(ready.text)["db"]) == (503, "down")
        page = program.get("/")
        assert page.status == 503
        assert int(page.headers["Retry-After"]) > 0
        assert "not running or not listening" in page.text
        assert program.get("/items/ENG-1", Accept="application/json").status == 503
        server.start()
        started = monotonic()
        program.until("/readyz", 200)
        program.until("/", 200)
        assert monotonic() - started < RECOVERED_WITHIN_S
        assert health(program)["connected"] is True
        program.until_logged("database_is_back")
        assert len(program.events("database_is_away")) == len(program.events("database_is_back")) == 1


def test_it_listens_within_two_seconds_whether_or_not_its_database_is_there(
    tmp_path: Path, private_servers: PrivateServers
) -> None:
    with run_serve(tmp_path, enter=("env",), DATABASE_URL=private_servers.make().url) as program:  # not forked
        assert program.listened_after_s < 2


async def through_outages(program: Served, server: PrivateServer) -> tuple[list[Answer], list[tuple[float, float]]]:
    """Send 50 requests a second through a fast restart, an immediate one and an outage; give answers and outages."""
    stop = asyncio.Event()
    asking = asyncio.create_task(program.traffic("/", every_s=0.02, until=stop))
    outages: list[tuple[float, float]] = []
    kinds: tuple[tuple[Literal["fast", "immediate"], float], ...]
    kinds = (("fast", 0.0), ("immediate", 0.0), ("fast", OUTAGE_S))
    for mode, outage_s in kinds:
        await asyncio.sleep(0.5)
        began = monotonic()
        await asyncio.to_thread(server.stop, mode)
        await asyncio.sleep(outage_s)
        await asyncio.to_thread(server.start)
        outages.append((began, monotonic()))
        await asyncio.sleep(1.5)
    stop.set()
    return await asking, outages


def _within(answer: Answer, began: float, ended: float) -> bool:
    """Return whether a request was under way in an outage or the second after it."""
    return answer.asked_at < ended + 1 and answer.asked_at + answer.took_s > began


@pytest.mark.long
def test_under_load_requests_fail_only_during_an_outage_and_a_second_after_it_and_only_with_503(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url) as program:
        program.until("/", 200)
        answers, outages = asyncio.run(through_outages(program, private_server))
        failed = [answer for answer in answers if answer.status != 200]
        assert {answer.status for answer in failed} <= {503}
        assert all("Retry-After" in answer.headers and "Traceback" not in answer.text for answer in failed)
        late = [answer for answer in failed if not any(_within(answer, *outage) for outage in outages)]
        assert late == []
        program.until_logged("database_is_back")
        away, back = program.events("database_is_away"), program.events("database_is_back")
        assert len(away) == len(back) <= 3
        assert all(event["reason"] for event in away)
        assert not program.events("query_failed", "request_failed", "unforeseen_error", "pool_is_exhausted")
        others = [event for event in program.events() if event["event"] != "request"]
        assert len(others) < 12, "not a line a request beside its own"


def test_while_it_is_away_liveness_is_asked_a_thousand_times_without_touching_the_pool(
    tmp_path: Path, private_servers: PrivateServers
) -> None:
    server = private_servers.make()
    with run_serve(tmp_path, DATABASE_URL=server.url, LOG_LEVEL="debug") as program:
        program.until_logged("database_is_away")
        answers = [program.get("/healthz") for _ in range(1000)]
        assert {answer.status for answer in answers} == {200}
        durations = sorted(answer.took_s for answer in answers)
        assert durations[500] < 0.02
        assert len([event for event in program.events() if event["event"] != "request"]) < 7


def test_a_frozen_database_makes_it_unready_and_holds_no_probe_of_it_up(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url) as program:
        program.until("/readyz", 200)
        private_server.freeze()
        frozen_at = monotonic()
        answers: list[Answer] = []
        while not answers or answers[-1].status == 200:
            answers.append(program.get("/readyz"))
            assert monotonic() - frozen_at < 5
        assert max(answer.took_s for answer in answers) < 1
        assert program.get("/api/health").took_s < 1
        page = program.get("/")
        assert (page.status, page.took_s < 1) == (503, True)
        assert health(program)["error"] == "The database did not answer in time."
        private_server.thaw()
        assert program.until("/", 200) < RECOVERED_WITHIN_S
        program.until_logged("database_is_back")
        assert len(program.events("database_is_away")) == 1


def test_it_may_be_stopped_while_its_database_is_frozen(tmp_path: Path, private_server: PrivateServer) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url) as program:
        program.until("/readyz", 200)
        private_server.freeze()
        started = monotonic()
        assert program.stop() == 0
        assert monotonic() - started < 12


def test_a_database_in_recovery_is_one_that_starts(tmp_path: Path, private_servers: PrivateServers) -> None:
    server = private_servers.make()
    gate = server.data.with_suffix(".gate")
    (server.data / "recovery.signal").touch()
    server.start(f"restore_command=until test -e {gate}; do sleep 0.05; done; false", ready=False)
    with run_serve(tmp_path, DATABASE_URL=server.url) as program:
        assert program.until_logged("database_is_away")["reason"] == "The database is starting."
        assert health(program) == {"connected": False, "error": "The database is starting."}
        assert program.get("/").status == 503
        gate.touch()
        server.wait_until_ready()
        assert program.until("/", 200) < RECOVERED_WITHIN_S


@pytest.mark.parametrize("level", ["info", "debug"])
def test_health_says_how_long_the_database_took(tmp_path: Path, private_server: PrivateServer, level: str) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url, LOG_LEVEL=level) as program:
        program.until("/readyz", 200)
        latency = health(program)["latencyMs"]
        assert isinstance(latency, int)
        assert 0 <= latency < 2000
