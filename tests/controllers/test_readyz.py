"""A mirror that is late: every page says so, and the program is ready all the same."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest

from shareable_backlog.services import readiness
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

LATE = {"status": "ok", "db": "up", "degraded": "linear"}


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_LOOK_AT_MIRROR_EVERY_S", 0.05)


def add_run(site: Site, hours_ago: int) -> None:
    site.query(
        "INSERT INTO sync_history (status, trigger_type, completed_at)"
        " VALUES ('succeeded', 'automatic', now() - make_interval(hours => %s))",
        hours_ago,
    )


def until(site: Site, is_right: Callable[[Any], bool]) -> None:
    deadline = monotonic() + 20
    while not is_right((answer := site.get("/readyz")).json()):
        assert monotonic() < deadline, answer.text
        sleep(0.02)
    assert answer.status_code == 200


def test_a_late_mirror_is_told_to_viewers_and_probes_until_a_sync_goes_well(database: str) -> None:
    let_in(database)
    with running_site.run_site(database) as site:
        add_run(site, hours_ago=2)
        until(site, lambda told: told == LATE)
        page = site.get("/", "bob")
        assert page.status_code == 200
        assert "2 h ago" in page.text
        assert "older than usual" in page.text
        add_run(site, hours_ago=0)
        until(site, lambda told: "degraded" not in told)
        assert "older than usual" not in site.get("/", "bob").text


def test_a_mirror_that_was_never_filled_is_not_late(database: str) -> None:
    with running_site.run_site(database) as site:
        until(site, lambda told: told == {"status": "ok", "db": "up"})
