"""What people and programs get to see when something goes wrong."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from shareable_backlog import logs
from shareable_backlog.errors import BacklogError, DatabaseFailed, DatabaseUnavailable, InvalidInput, NotFound
from shareable_backlog.web import errors

RAISED: dict[str, Exception] = {
    "unforeseen": ZeroDivisionError("with open-sesame at db.example.com"),
    "unavailable": DatabaseUnavailable("The database is starting."),
    "failed": DatabaseFailed("The data could not be read."),
    "missing": NotFound("There is no such item."),
    "invalid": InvalidInput("That is no team's key."),
}
JSON = {"Accept": "application/json"}


async def fail(request: Request) -> Response:
    raise RAISED[request.path_params["how"]]


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Yield a client of a program whose every page fails in the way that its address says."""
    program = Starlette(
        routes=[Route("/{how}", fail)],
        exception_handlers={
            BacklogError: errors.on_backlog_error,
            HTTPException: errors.on_http_error,
            Exception: errors.on_any_error,
        },
    )
    with TestClient(program, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as logged:
        yield logged


def test_an_unforeseen_error_is_a_page_with_a_number_that_leads_to_its_traceback_in_the_log(
    client: TestClient, logged: list[Any]
) -> None:
    answer = client.get("/unforeseen")
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    [event] = logged
    assert event["event"] == "unforeseen_error"
    assert isinstance(event["exc_info"], ZeroDivisionError)
    assert event["request_id"] in answer.text
    assert not [word for word in ("sesame", "example.com", "ZeroDivision", "Traceback") if word in answer.text]


def test_a_program_gets_the_same_as_json(client: TestClient, logged: list[Any]) -> None:
    answer = client.get("/unforeseen", headers=JSON)
    assert answer.status_code == 500
    assert answer.json() == {
        "error": {
            "message": "An unexpected error occurred, and nothing was changed. Give an admin the number below.",
            "code": "INTERNAL_ERROR",
            "details": {"incident": logged[0]["request_id"]},
        }
    }


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("unavailable", 503, "DATABASE_UNAVAILABLE"),
        ("failed", 500, "DATABASE_ERROR"),
        ("missing", 404, "NOT_FOUND"),
        ("invalid", 400, "INVALID_INPUT"),
    ],
)
def test_a_services_error_has_its_own_status_code_and_words(
    client: TestClient, how: str, status: int, code: str
) -> None:
    answer = client.get(f"/{how}", headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"] == str(RAISED[how])
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_a_database_that_is_away_has_no_line_in_the_log_for_each_request(
    client: TestClient, logged: list[Any]
) -> None:
    assert client.get("/unavailable").status_code == 503
    assert logged == []


def test_a_failure_has_the_same_number_in_page_and_log(client: TestClient, logged: list[Any]) -> None:
    answer = client.get("/failed")
    assert (logged[0]["event"], logged[0]["code"]) == ("request_failed", "DATABASE_ERROR")
    assert re.fullmatch(r"[0-9a-f]{16}", logged[0]["request_id"])
    assert logged[0]["request_id"] in answer.text


def test_every_page_of_an_error_tells_the_number_by_which_the_log_knows_the_request(client: TestClient) -> None:
    with logs.log_with(request_id="number-of-the-request"):
        for how in ("unforeseen", "unavailable", "failed", "missing", "invalid"):
            assert "Request number: <code>number-of-the-request</code>" in client.get(f"/{how}").text


def test_an_address_is_not_written_back(client: TestClient) -> None:
    answer = client.get("/anything/http:a<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "alert(1)" not in answer.text


def test_a_method_that_an_address_does_not_take_is_refused_with_those_that_it_does(client: TestClient) -> None:
    answer = client.post("/missing")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/account?notice=saved", "/account?notice=saved"),
        ("http://testserver/?team=ENG", "/?team=ENG"),
        ("http://testserver/invalid", None),
        ("https://evil.example/account", None),
        ("http://testserver//evil.example/", None),
        ("http://testserver/sign-in/link/abc", None),
        ("http://testserver/\\evil.example", None),
        ("http://[", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_a_refusal_leads_back_to_the_page_of_ours_from_which_one_came(
    client: TestClient, referer: str, back: str | None
) -> None:
    page = client.get("/invalid", headers={"Referer": referer}).text
    assert (f'<a href="{back}">Go back</a>' in page) == (back is not None)
    assert ('<a href="/">Go to the backlog</a>' in page) == (back is None)


@pytest.mark.parametrize(
    ("message", "read"),
    [
        ("The database is starting.", "The database is starting."),
        ("Linear can't be reached. Check LINEAR_API_URL. What was mirrored is kept.",
         "Linear can't be reached. What was mirrored is kept."),
        ("Set LINEAR_API_KEY.", "The admins can see what is wrong."),
        ("There is no person. Add them with `slb users create`.", "There is no person."),
    ],
)  # fmt: skip
def test_readers_are_not_told_of_settings_and_commands(message: str, read: str) -> None:
    assert errors.describe_for_readers(message) == read
