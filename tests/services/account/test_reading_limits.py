"""How much one person reads."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

NOW = datetime.now(UTC)
LIMITS = {"PAGES_PER_MINUTE": "10", "EXPORTS_PER_HOUR": "2"}


@pytest.fixture
def site(database: str, monkeypatch: pytest.MonkeyPatch) -> Generator[Site]:
    monkeypatch.setattr("shareable_backlog.clock.read_time", lambda: NOW)
    let_in(database)
    with running_site.run_site(database, LIMITS) as site:
        yield site


def test_beyond_so_many_pages_in_a_minute_a_person_waits_and_others_do_not(site: Site) -> None:
    answers = [site.get("/", "bob") for _ in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert "more than 10 pages in a minute" in answers[-1].text
    assert answers[-1].headers["retry-after"] == "60"
    assert site.get("/", "alice").status_code == 200


def test_in_the_next_minute_the_pages_are_there_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [site.get("/", "bob").status_code for _ in range(11)][-1] == 429
    monkeypatch.setattr("shareable_backlog.clock.read_time", lambda: NOW + timedelta(minutes=1))
    assert site.get("/", "bob").status_code == 200


def test_exports_are_counted_by_the_hour_whatever_their_form(site: Site) -> None:
    answers = [site.get(path, "bob") for path in ("/export.csv", "/export.json", "/export.csv")]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "2 times in the last hour" in answers[-1].text
    assert site.get("/export.csv", "alice").status_code == 200
    assert site.get("/", "bob").status_code == 200


def test_one_process_alone_stores_nothing_of_the_pages_that_somebody_reads(site: Site) -> None:
    assert [site.get("/", "bob").status_code for _ in range(11)][-1] == 429
    assert site.query("SELECT count(*) FROM rate_limits") == [(0,)]
