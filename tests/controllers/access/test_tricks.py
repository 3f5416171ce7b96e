"""What no honest page or program sends is in the log: the first of a kind at once, the others as a sum."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime

import pytest
from httpx2 import Response
from structlog.testing import capture_logs

from shareable_backlog.services.audit import strangers
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import csrf, let_in

HTTPS = "https://backlog.example.com"


def ask_six_times(site: Site) -> Response:
    """Write to the admins more often than anybody may within an hour."""
    return [site.post("/waiting", "carol", note=f"Note {number}.") for number in range(6)][-1]


TRICKS: dict[str, tuple[int, Callable[[Site], Response]]] = {
    "forged form": (403, lambda site: site.post("/account/preferences", "bob", csrf="x")),
    "wrong token": (401, lambda site: site.get("/api/v1/items", authorization="Bearer slb_made-up")),
    "another host": (400, lambda site: site.get("/", host="evil.example.com")),
    "spent limit": (429, ask_six_times),
}


@pytest.fixture
def site(database: str) -> Generator[Site]:
    let_in(database, "alice", "bob", "carol")
    with running_site.run_site(database, base_url=HTTPS) as site:
        yield site


@pytest.mark.parametrize("kind", TRICKS)
def test_a_trick_is_in_the_log_once_at_first_and_then_as_a_sum(site: Site, kind: str) -> None:
    status, trick = TRICKS[kind]
    with capture_logs() as logged:
        assert [trick(site).status_code for _ in range(3)] == [status] * 3
        strangers.log_tricks(datetime.now(UTC))
    first, summed = [event for event in logged if event["event"] in ("request_refused", "requests_refused")]
    assert (first["event"], first["kind"], first["network"]) == ("request_refused", kind, "127.0.0.1/32")
    assert (summed["event"], summed["kind"], summed["networks"]) == (
        "requests_refused",
        kind,
        {"127.0.0.1/32": summed["count"]},
    )


def test_who_is_signed_in_is_named_and_no_secret_is(site: Site) -> None:
    [(bob,)] = site.query("SELECT id FROM users WHERE email = 'bob@example.com'")
    with capture_logs() as logged:
        TRICKS["forged form"][1](site)
        strangers.log_tricks(datetime.now(UTC))
        site.ask("POST", "/sign-in/link/0123456789", data={"csrf": "x"}, origin=HTTPS)
    assert [(one["user_id"], one["path"]) for one in logged if one["event"] == "request_refused"] == [
        (bob, "/account/preferences"),
        (None, "/sign-in/link/…"),
    ]


def test_a_form_of_our_own_page_is_no_trick(site: Site) -> None:
    with capture_logs() as logged:
        assert site.post("/account/preferences", "bob", csrf=csrf("bob")).status_code == 303
    assert not [event for event in logged if event["event"] == "request_refused"]
