"""The meeting played: from the morning's sync, over the agenda, to the page that is kept of it."""

import os
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import as_url, create_database
from tests.e2e.conftest import NewPage
from tests.fakes.linear import FakeLinear, Row, World, run_linear
from tests.support.browser.accessible import violations
from tests.support.browser.serving import ROOT, serve_pages, wait_until_ready
from tests.support.signed_in import let_in

pytestmark = pytest.mark.browser

DAY_S = timedelta(days=1).total_seconds()
LAST_MEETING = "2026-01-11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A program over a workspace in Linear that goes on; `issues` are by their titles."""

    address: str
    linear: FakeLinear
    conninfo: str
    folder: Path
    issues: dict[str, Row] = field(default_factory=dict[str, Row])

    def add(self, title: str, **fields: Any) -> None:
        self.issues[title] = self.linear.world.add_issue(title=title, **fields)

    def edit(self, issue: str, state: str, **fields: Any) -> None:
        """Put an issue into a state in Linear, and change more of it."""
        states = self.linear.world.rows["workflowStates"].values()
        to = next(one["id"] for one in states if one["name"] == state)
        self.linear.world.edit(self.issues[issue], state=to, **fields)

    def sync(self) -> None:
        """Bring what Linear has into the mirror."""
        linear = {"LINEAR_API_KEY": self.linear.key, "LINEAR_API_URL": self.linear.url}
        place = {"DATABASE_URL": as_url(self.conninfo), "SLB_DATA_DIR": str(self.folder), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-m", "shareable_backlog", "sync"],
            cwd=self.folder, env={**os.environ, **place, **linear}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def query(self, sql: str) -> None:
        with psycopg.connect(self.conninfo) as connection:
            connection.execute(sql.encode())


@pytest.fixture
def stage(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    world = World()
    with create_database(server, template) as conninfo, run_linear(world) as linear:
        let_in(conninfo, "alice", "bob", "carol")
        # Which has no key, so that no run of its own comes in between.
        folder = tmp_path_factory.mktemp("played")
        with serve_pages(folder, DATABASE_URL=as_url(conninfo)) as address:
            wait_until_ready(address)
            yield Stage(address=address, linear=linear, conninfo=conninfo, folder=folder)


def find_section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def expect_titles(page: Page, **titles: list[str]) -> None:
    """Expect these titles in the sections, by their names."""
    for name, expected in titles.items():
        section = find_section(page, name.replace("_", " ").capitalize())
        expect(section.locator(".title")).to_have_text(expected)


def test_the_meeting_from_the_mornings_sync_to_the_kept_page(stage: Stage, new_page: NewPage) -> None:
    world = stage.linear.world
    for title in ("Mend the roof", "Paint the door", "Clear the drain"):
        stage.add(title, priority=3)
    stage.sync()
    world.pass_time(20 * DAY_S)
    stage.query(f"UPDATE settings SET last_meeting_day = '{LAST_MEETING}'")

    # The morning of the meeting.
    stage.add("Order tiles", priority=2)
    stage.edit("Mend the roof", "In Progress", dueDate="2026-02-01")
    stage.edit("Clear the drain", "Done", completedAt="2026-01-20T09:00:00.000Z")
    stage.sync()

    # Bob opens the agenda, and sees what is new, moved and done.
    bob = new_page(stage.address, "bob", java_script_enabled=False)
    bob.goto("/")
    bob.get_by_role("link", name="Meeting").click()
    expect(bob.get_by_text("Compared with the last meeting, 11 Jan")).to_be_visible()
    played = {
        "new": ["Order tiles"],
        "moved": ["Mend the roof"],
        "done": ["Clear the drain"],
        "what_comes_first": ["Order tiles", "Paint the door", "Mend the roof"],
    }
    order = find_section(bob, "What comes first").locator(".title")
    expect(order).to_have_count(3)
    played["what_comes_first"] = order.all_inner_texts()
    expect_titles(bob, **played)
    expect(find_section(bob, "Moved")).to_contain_text("Triage → to In Progress")
    expect(bob.get_by_role("button", name="Keep this page")).to_have_count(0)

    # The admin keeps it.
    admin = new_page(stage.address, "alice")
    admin.goto("/meeting")
    admin.get_by_role("button", name="Keep this page").click()
    expect(admin.get_by_text("This page is kept")).to_be_visible()
    kept = admin.url.partition("?")[0]
    assert violations(admin) == []

    # Linear goes on, the page that was kept does not.
    stage.edit("Order tiles", "Canceled", title="Order slates", canceledAt="2026-01-22T09:00:00.000Z")
    stage.edit("Mend the roof", "Done", completedAt="2026-01-22T09:00:00.000Z")
    stage.sync()
    bob.goto("/meeting")
    expect(find_section(bob, "Done").locator(".title")).to_have_count(2)
    expect(find_section(bob, "Canceled").locator(".title")).to_have_text("Order slates")
    bob.locator(".agenda-kept a").click()
    bob.wait_for_url(kept)
    expect_titles(bob, **played)
    expect(find_section(bob, "Moved")).to_contain_text("Triage → to In Progress")

    # What is hidden is on it no more, nor in its numbers.
    world.edit(stage.issues["Paint the door"], labelIds=[world.add_label("Secret")["id"]])
    stage.sync()
    stage.query(
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) SELECT 'label', id, false FROM labels"
        " WHERE name = 'Secret'"
    )
    bob.goto(kept)
    left = [title for title in played["what_comes_first"] if title != "Paint the door"]
    expect_titles(bob, **played | {"what_comes_first": left})
    expect(find_section(bob, "What comes first")).to_contain_text("2 open")

    # Whoever is not let in sees nothing of it.
    for persona, led_to in ((None, "/sign-in?next="), ("carol", "/waiting")):
        other = new_page(stage.address, persona)
        other.goto(kept)
        assert led_to in other.url
        expect(other.get_by_text("Order tiles")).to_have_count(0)
