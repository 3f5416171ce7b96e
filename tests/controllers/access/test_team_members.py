"""Team members see links into Linear, which readers do not."""

import asyncio
from collections.abc import Generator

import pytest

from shareable_backlog import database as program_database
from shareable_backlog.config import Settings
from tests.support import running_site
from tests.support.mirrored import item, store
from tests.support.running_site import Site
from tests.support.signed_in import let_in

LINK = "https://linear.app/x/issue/ENG-1"


@pytest.fixture
def site(settings: Settings, database: str) -> Generator[Site]:
    """Yield the program over one item; alice is an admin, bob a reader."""

    async def fill() -> None:
        async with program_database.open_database(settings):
            await store(item(1, "Locks", url=LINK, description=f"As [[ENG-1]]({LINK}) says"))

    asyncio.run(fill())
    let_in(database)
    with running_site.run_site(database) as site:
        yield site


def decide(site: Site, decision: str) -> str:
    """Let alice decide of bob, and return what she is told."""
    [(bob,)] = site.query("SELECT id FROM users WHERE email LIKE 'bob@%%'")
    answer = site.post("/admin/people/decide", "alice", decision=decision, user=str(bob), back="person")
    assert answer.status_code == 303, answer.text
    return site.get(answer.headers["location"], "alice").text


def has_link(site: Site, persona: str) -> bool:
    return "Open in Linear" in site.get("/items/ENG-1", persona).text


def test_whoever_is_made_a_team_member_sees_links_into_linear_until_they_are_a_reader_again(site: Site) -> None:
    assert not has_link(site, "bob")
    page = decide(site, "member")
    assert "A team member now" in page
    assert "active, team member" in page
    assert "active, team member" in site.get("/admin/people", "alice").text
    assert has_link(site, "bob")
    assert site.get("/api/v1/items/ENG-1", "bob").json()["data"]["url"] == LINK
    assert site.get("/api/v1/me", "bob").json()["data"]["is_team_member"] is True
    assert site.get("/admin", "bob").status_code == 403, "as they are no admin"
    assert "A reader now" in decide(site, "reader")
    assert not has_link(site, "bob")
    assert site.get("/api/v1/items/ENG-1", "bob").json()["data"]["url"] is None


def test_an_admin_who_looks_as_somebody_sees_the_links_that_they_see(site: Site) -> None:
    [(bob,)] = site.query("SELECT id FROM users WHERE email LIKE 'bob@%%'")
    assert has_link(site, "alice")
    site.post(f"/admin/people/{bob}/view-as", "alice")
    assert not has_link(site, "alice")
    decide(site, "member")
    assert has_link(site, "alice")


def test_both_are_recorded_with_words_of_their_own(site: Site) -> None:
    decide(site, "member")
    decide(site, "reader")
    rows = site.query(
        "SELECT action, details -> 'after' ->> 'team_member' FROM audit_logs WHERE action LIKE '%%team'"
    )
    assert rows == [("person.joined_team", "true"), ("person.left_team", "false")]
    page = site.get("/admin/audit", "alice").text
    assert "a team member" in page


def test_who_is_one_already_is_left_as_they_are(site: Site) -> None:
    assert "Nothing was changed" in decide(site, "reader")
    decide(site, "member")
    assert "Nothing was changed" in decide(site, "member")
