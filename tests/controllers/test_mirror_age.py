"""How old the mirror is, as pages that are open are told."""

import json
import time
from collections.abc import Generator
from typing import Any

import httpx2
import pytest

from tests.controllers.admin.test_admin_sync_events import Site, open_site
from tests.support.signed_in import cookies, let_in

FAILED = """
INSERT INTO sync_history (status, trigger_type, started_at, completed_at, error_message, error_code)
VALUES ('failed', 'automatic', now(), now(), 'Linear refused the key.', 'LINEAR_AUTHENTICATION_FAILED')
"""


@pytest.fixture(scope="module")
def site(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with open_site(server, template, tmp_path_factory.mktemp("aging")) as site:
        yield site


def watch_failure(site: Site, persona: str) -> tuple[dict[str, Any], float]:
    """Return what an open page of theirs is told of a failed run, and how long after it ended."""
    site.query("DELETE FROM sync_history")
    let_in(site.conninfo)
    with (
        httpx2.Client(base_url=site.program.address, cookies=cookies(persona), timeout=30) as browser,
        browser.stream("GET", "/events") as answer,
    ):
        events = (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
        # What was found out within the same second, by the test before, is told first.
        assert "delayed" not in next(one for one in events if not one["said"])["html"]
        site.query(FAILED)
        failed_at = time.monotonic()
        return next(one for one in events if one["said"]), time.monotonic() - failed_at


def test_readers_are_told_in_plain_words_within_five_seconds(site: Site) -> None:
    news, took_s = watch_failure(site, "bob")
    assert took_s < 5
    assert "Updates are delayed" in news["html"]
    assert not any(word in news["html"] for word in ("key", "LINEAR", "<form"))


def test_admins_are_told_why_by_which_code_and_can_try_again(site: Site) -> None:
    news, took_s = watch_failure(site, "alice")
    assert took_s < 5
    assert "Linear refused the key." in news["html"]
    assert "<code>LINEAR_AUTHENTICATION_FAILED</code>" in news["html"]
    assert 'action="/admin/sync"' in news["html"]


def test_without_scripts_the_next_page_tells_the_same(site: Site) -> None:
    site.query("DELETE FROM sync_history")
    site.query(FAILED)
    with httpx2.Client(base_url=site.program.address, cookies=cookies("bob"), timeout=30) as browser:
        assert "Updates are delayed" in browser.get("/").text
