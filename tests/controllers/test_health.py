"""Whether the process lives, is ready, and how its database is."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

import pytest
from starlette.testclient import TestClient

from shareable_backlog import app
from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.database import migrate
from tests.conftest import as_url
from tests.support.signed_in import SECRET_KEY, cookies, let_in

HERE = ("127.0.0.1", 4321)
NOWHERE = "postgresql://alice:open-sesame@127.0.0.1:1/backlog"


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """Yield a client of the program on a fresh migrated database."""
    with TestClient(app.create_app(settings), base_url="http://localhost", client=HERE) as client:
        yield client


@pytest.fixture
def client_without_database() -> Iterator[TestClient]:
    settings = parse_settings({"DATABASE_URL": NOWHERE, "SECRET_KEY": SECRET_KEY})
    with TestClient(app.create_app(settings), base_url="http://localhost", client=HERE) as client:
        yield client


def until(client: TestClient, path: str, status: int) -> Any:
    started = monotonic()
    while (answer := client.get(path)).status_code != status:
        assert monotonic() - started < 10, answer.text
        sleep(0.02)
    return answer


def test_the_process_lives_whatever_becomes_of_the_database(client_without_database: TestClient) -> None:
    answer = client_without_database.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_health_has_exactly_this_shape_when_the_database_answers(client: TestClient) -> None:
    answer = client.get("/api/health")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["timestamp"])
    assert abs(datetime.fromisoformat(body.pop("timestamp")) - datetime.now(UTC)) < timedelta(minutes=1)
    latency_ms = body["database"].pop("latencyMs")
    assert body == {"status": "ok", "database": {"connected": True}}
    assert isinstance(latency_ms, int)
    assert latency_ms >= 0


def test_health_is_200_and_says_so_in_plain_words_when_the_database_is_down(
    client_without_database: TestClient,
) -> None:
    answer = client_without_database.get("/api/health")
    assert answer.status_code == 200
    body = answer.json()
    del body["timestamp"]
    assert body == {
        "status": "ok",
        "database": {"connected": False, "error": "The database is not running or not listening."},
    }


def test_it_is_ready_when_database_and_schema_are_right(client: TestClient) -> None:
    assert until(client, "/readyz", 200).json() == {"status": "ok", "db": "up"}


def test_it_is_not_ready_without_its_database(client_without_database: TestClient) -> None:
    answer = client_without_database.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "db": "down",
        "error": "The database is not running or not listening.",
    }


def test_behind_the_schema_it_lives_and_is_not_ready_and_pages_say_the_command(empty_database: str) -> None:
    migrate.apply_migrations(empty_database, to=4)
    settings = parse_settings({"DATABASE_URL": as_url(empty_database), "SECRET_KEY": SECRET_KEY})
    with TestClient(app.create_app(settings), base_url="http://localhost", client=HERE) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["db"]) == (503, "up")
        assert "slb migrate up" in answer.json()["error"]
        page = client.get("/")
        assert page.status_code == 503
        assert "slb migrate up" in page.text
        assert client.get("/api/health").json()["database"]["connected"] is True
        migrate.apply_migrations(empty_database)
        until(client, "/readyz", 200)
        let_in(empty_database)
        assert client.get("/", headers={"cookie": f"slb_session={cookies('bob')['slb_session']}"}).status_code == 200


def test_an_answer_about_health_is_kept_by_nobody(client: TestClient) -> None:
    for path in ("/healthz", "/readyz", "/api/health"):
        assert client.get(path).headers["cache-control"] == "no-store"


def test_there_is_nothing_at_the_addresses_that_scanners_try(client: TestClient) -> None:
    for path in ("/.git", "/.git/config", "/.env", "/docs", "/redoc", "/openapi.json", "/debug"):
        assert (path, client.get(path).status_code) == (path, 404)


def test_other_methods_are_refused_with_those_that_there_are(client: TestClient) -> None:
    for path in ("/", "/api/health", "/items/ENG-1"):
        for method in ("TRACE", "POST", "PUT", "DELETE", "CONNECT", "PROPFIND"):
            answer = client.request(method, path)
            assert (path, method, answer.status_code) == (path, method, 405)
            assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
