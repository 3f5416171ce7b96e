"""The program as a whole: how it starts and ends, what keeps it from that, and what stands around every answer."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from shareable_backlog import app
from shareable_backlog.app import Program
from shareable_backlog.config import parse_settings
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.errors import SchemaNotReady
from tests.conftest import as_url
from tests.support import running_site
from tests.support.served import slb
from tests.support.signed_in import SECRET_KEY, let_in

NO_DATABASE = "host=127.0.0.1 port=1 dbname=backlog"
FAILURE = SchemaNotReady("The schema is behind: run `slb migrate up`.")


def test_what_keeps_it_from_starting_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder", encoding="utf-8")
    code, said = slb(tmp_path, "serve", "--port", "0", SLB_DATA_DIR=str(tmp_path / "data"))
    assert code == 1
    assert "slb: The data folder can't be used: " in said
    assert "Traceback" not in said


async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "answer", "to": scope["type"]})


def around(told: list[str], failure: Exception | None = None) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Return what notes when it is entered and left, and fails before or not."""

    @asynccontextmanager
    async def noted() -> AsyncGenerator[None]:
        if failure:
            raise failure
        told.append("entered")
        yield
        told.append("left")

    return noted


async def live(program: Program, told: list[str], *more: Scope) -> None:
    """Be the server that starts a program, passes on what else comes, and stops it."""
    coming = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        message = next(coming)
        if message == "lifespan.shutdown":
            for scope in more:
                await program(scope, receive, send)
        told.append(message)
        return {"type": message}

    async def send(message: Message) -> None:
        told.append(f"{message['type']} {message.get('to', message.get('message', ''))}".strip())

    await program({"type": "lifespan"}, receive, send)


@pytest.mark.anyio
async def test_what_a_program_needs_is_there_from_before_its_first_answer_until_after_its_last() -> None:
    told: list[str] = []
    program = Program(answer, around(told))
    await live(program, told, {"type": "http"}, {"type": "websocket"})
    assert told == [
        "lifespan.startup",
        "entered",
        "lifespan.startup.complete",
        "answer http",
        "answer websocket",
        "lifespan.shutdown",
        "left",
        "lifespan.shutdown.complete",
    ]
    assert program.failure is None


@pytest.mark.anyio
async def test_an_error_of_ours_at_the_start_is_kept_for_whoever_runs_it_to_say() -> None:
    told: list[str] = []
    program = Program(answer, around(told, FAILURE))
    await live(program, told)
    assert told == ["lifespan.startup", "lifespan.startup.failed"], "the server has no words of its own for it"
    assert program.failure is FAILURE


@pytest.mark.anyio
async def test_an_error_that_nobody_foresaw_at_the_start_is_not_hidden() -> None:
    program = Program(answer, around([], ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        await live(program, [])


def test_an_answer_is_compressed_from_a_kilobyte_on(database: str) -> None:
    with running_site.run_site(database) as site:
        page, short = site.get("/sign-in"), site.get("/healthz")
        assert (len(page.content) > 1000, page.headers["content-encoding"]) == (True, "gzip")
        assert (len(short.content) < 1000, "content-encoding" in short.headers) == (True, False)
        assert "content-encoding" not in site.get("/sign-in", **{"accept-encoding": "identity"}).headers


def test_on_a_machine_that_starts_slowly_the_first_page_is_late_but_no_refusal(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = schema_watch.check_schema

    async def check_late() -> str | None:
        await asyncio.sleep(0.3)
        return await check()

    monkeypatch.setattr(app, "_FIRST_LOOK_S", 0.0)
    monkeypatch.setattr(schema_watch, "check_schema", check_late)
    let_in(database)
    with running_site.run_site(database) as site:
        time.sleep(0.1)  # until the database has answered
        assert site.get("/", "bob").status_code == 200


def test_the_answer_to_an_error_that_nobody_foresaw_has_what_protects_every_page(database: str) -> None:
    let_in(database)
    with running_site.run_site(database, raises=False) as site:
        right = site.get("/admin/sync", "alice")
        site.query(
            "INSERT INTO sync_history (status, trigger_type, is_full, held, completed_at)"
            " VALUES ('partial', 'manual', true, '{\"issues\": 7}', now())"
        )
        with capture_logs() as logged:
            wrong = site.get("/admin/sync", "alice")
    assert (right.status_code, wrong.status_code) == (200, 500)
    assert [event["event"] for event in logged] == ["unforeseen_error"]
    protecting = ("content-security-policy", "x-content-type-options", "referrer-policy")
    assert [wrong.headers[name] for name in protecting] == [right.headers[name] for name in protecting]


def test_a_stranger_to_the_network_is_refused_though_nothing_can_be_recorded() -> None:
    with running_site.run_site(NO_DATABASE, peer="203.0.113.9") as site:
        assert site.get("/").status_code == 403


@pytest.mark.parametrize(
    "path", ["/sign-in/", "/sign-in//", "/roadmap/", "/items/ENG-1/", "/api/v1/items/", "/healthz/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_with_a_slash_too_many_is_none_rather_than_one_by_http(path: str, method: str) -> None:
    settings = parse_settings(
        {"DATABASE_URL": as_url(NO_DATABASE), "BASE_URL": "https://testserver", "SECRET_KEY": SECRET_KEY}
    )
    client = TestClient(app.create_app(settings), client=("127.0.0.1", 1234))
    answer = client.request(method, path, headers={"x-forwarded-proto": "https"}, follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


@pytest.mark.parametrize(("interval_s", "is_late"), [("300", True), ("3600", False)])
def test_the_mirror_is_late_by_the_interval_in_which_it_should_be_synced(
    database: str, interval_s: str, *, is_late: bool
) -> None:
    let_in(database)
    with running_site.run_site(database, {"SYNC_INTERVAL_S": interval_s}) as site:
        site.query(
            "INSERT INTO sync_history (status, trigger_type, completed_at)"
            " VALUES ('succeeded', 'automatic', now() - interval '2 hours')"
        )
        assert ("older than usual" in site.get("/", "bob").text) == is_late


@pytest.mark.parametrize(("base_url", "is_in_log"), [("http://localhost:8000", True), ("https://example.com", False)])
def test_a_link_stands_in_the_log_only_where_nobody_else_could_have_asked_for_it(
    database: str, base_url: str, *, is_in_log: bool
) -> None:
    with running_site.run_site(database, base_url=base_url) as site:
        page = site.get("/sign-in")
        cookie = page.headers["set-cookie"].partition(";")[0].split("=", 1)
        csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        assert ("mail address" in page.text) == is_in_log, "and else there is no way in by mail"
        with capture_logs() as logged:
            data = {"csrf": csrf, "email": "carol@example.com"}
            site.ask("POST", "/sign-in", browser=dict([cookie]), data=data, origin=base_url)
        assert bool([event for event in logged if event["event"] == "sign_in_link"]) == is_in_log


def start_with_sample(conninfo: str) -> list[str]:
    """Start it with the sample and stop it; give the links it told."""
    links: list[str] = []
    given = {"DATABASE_URL": as_url(conninfo), "SECRET_KEY": SECRET_KEY, "DATABASE_CONNECT_TIMEOUT_S": "0.5"}
    program = app.create_app(
        parse_settings(given), default_url="http://localhost:9000", with_sample=True, on_link=links.append
    )
    with TestClient(program, base_url="http://localhost:9000"):
        pass
    return links


def test_over_an_empty_mirror_the_sample_is_loaded_and_a_link_to_it_told(database: str) -> None:
    [link] = start_with_sample(database)
    assert link.startswith("http://localhost:9000/sign-in/link/")
    with running_site.run_site(database) as site:
        assert site.query("SELECT count(*) > 100 FROM backlog_items WHERE id LIKE 'sample-%'") == [(True,)]


def test_what_an_interrupted_start_left_is_not_in_the_way_of_the_link(database: str) -> None:
    with running_site.run_site(database) as site:
        site.query("INSERT INTO viewer_groups (name) VALUES ('Finance')")
    with capture_logs() as logged:
        assert len(start_with_sample(database)) == 1
    assert "sample_place_not_filled" not in [event["event"] for event in logged]


@pytest.mark.owner
def test_a_place_that_can_not_be_filled_is_logged_and_the_link_told(database: str) -> None:
    with running_site.run_site(database) as site:
        site.query("ALTER TABLE invitations ADD CHECK (note IS NULL)")
    with capture_logs() as logged:
        assert len(start_with_sample(database)) == 1
    assert "sample_place_not_filled" in [event["event"] for event in logged]


def test_over_a_real_backlog_no_sample_is_loaded_and_no_link_told(database: str) -> None:
    with running_site.run_site(database) as site:
        site.query("INSERT INTO teams (id, key, name, created_at, updated_at) VALUES ('t', 'A', 'A', now(), now())")
    assert start_with_sample(database) == []


def test_over_a_database_that_is_away_it_starts_without_the_sample() -> None:
    assert start_with_sample(NO_DATABASE) == []


@pytest.mark.anyio
async def test_nothing_of_it_runs_on_after_its_end(database: str) -> None:
    settings = parse_settings({"DATABASE_URL": as_url(database), "SECRET_KEY": SECRET_KEY})
    before = asyncio.all_tasks()
    await live(app.create_app(settings), [])
    assert asyncio.all_tasks() - before == set()
