"""The page of what changed, asked over HTTP."""

import re
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from shareable_backlog.streams.columns import MirrorRow
from tests.conftest import create_database
from tests.support import running_site
from tests.support.mirrored import item, state, store
from tests.support.running_site import Site
from tests.support.signed_in import let_in

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def program(server: str, template: str) -> Generator[Site]:
    """Yield the running program."""
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as running:
        yield running


@pytest.fixture
def site(program: Site) -> Site:
    """Return it with people who were never there, and nothing in the mirror."""
    program.query("DELETE FROM users")
    for table in ("backlog_items", "field_changes", "sharing_rules", "sync_history"):
        program.query(f"DELETE FROM {table}")
    let_in(program.conninfo)
    return program


def mirrored(site: Site, *rows: MirrorRow) -> None:
    """Store rows as a sync does."""
    assert site.client.portal
    site.client.portal.call(partial(store, *rows, indexed=False))


def ago(time: timedelta) -> datetime:
    return datetime.now(UTC) - time


def words(page: str) -> str:
    """Return what a page says in its main part, on one line."""
    return " ".join(re.sub(r"<[^>]+>", "", page.partition("<main")[2].partition("</main>")[0]).split())


def visited(site: Site, time: timedelta) -> None:
    """Let bob have been there, `time` ago."""
    site.get("/changes", "bob")
    site.query(
        "UPDATE user_preferences SET preferences = jsonb_set(preferences, '{visits,last}',"
        " jsonb_build_object('at', %s::float8, 'mirrored', %s::float8))",
        *[ago(time).timestamp()] * 2,
    )


def test_a_first_visit_says_so_and_shows_a_week(site: Site) -> None:
    mirrored(site, item(1, "Six days", created_at=ago(6 * DAY)), item(2, "Eight days", created_at=ago(8 * DAY)))
    page = words(site.get("/changes", "bob").text)
    assert "This is your first visit here, so you see the last 7 days." in page
    assert "Six days" in page
    assert "Eight days" not in page


def test_a_later_visit_shows_what_changed_since(site: Site) -> None:
    mirrored(site, item(1, "Before", created_at=ago(4 * HOUR)), item(2, "After", created_at=ago(2 * HOUR)))
    visited(site, 3 * HOUR)
    for _ in range(2):  # a reload does not empty the page
        page = words(site.get("/changes", "bob").text)
        assert "Since your last visit, " in page
        assert "After" in page
        assert "Before" not in page
    assert "Before" in words(site.get("/changes?since=7d", "bob").text)


def test_each_change_is_told_in_words(site: Site) -> None:
    todo, doing = state("unstarted", name="Todo"), state("started", name="In Progress")
    mirrored(
        site, todo, doing, item(1, "Moved", created_at=ago(99 * DAY), updated_at=ago(3 * HOUR), state_id=todo.id)
    )
    mirrored(site, item(1, "Moved", created_at=ago(99 * DAY), updated_at=ago(2 * HOUR), state_id=doing.id))
    mirrored(
        site,
        item(2, "Fresh", created_at=ago(HOUR)),
        item(3, "Finished", created_at=ago(99 * DAY), completed_at=ago(HOUR)),
        item(4, "Dropped", created_at=ago(99 * DAY), canceled_at=ago(HOUR)),
        item(5, "Put away", created_at=ago(99 * DAY), archived_at=ago(HOUR)),
        item(6, "Thrown away", created_at=ago(99 * DAY), trashed=True, archived_at=ago(HOUR)),
    )
    answer = site.get("/changes", "bob").text
    page = words(answer)
    for told in (
        "ENG-1 Moved Moved from Todo → to In Progress",
        "ENG-2 Fresh New",
        "ENG-3 Finished Done",
        "ENG-4 Dropped Canceled",
        "ENG-5 Put away Archived",
        "ENG-6 Thrown away Removed in Linear",
    ):
        assert told in page
    assert 'href="/items/ENG-5"' in answer
    assert 'href="/items/ENG-6"' not in answer


def test_kinds_and_team_narrow_it_and_can_be_taken_back(site: Site) -> None:
    mirrored(
        site,
        item(1, "Fresh", created_at=ago(HOUR)),
        item(2, "Finished", created_at=ago(99 * DAY), completed_at=ago(HOUR)),
        item(3, "Elsewhere", team="OPS", created_at=ago(HOUR)),
    )
    answer = site.get("/changes?since=7d&kind=new&team=ops", "bob").text
    page = words(answer)
    assert "Elsewhere" in page
    assert "Fresh" not in page
    assert 'href="/changes?since=7d&amp;team=OPS"' in answer
    assert 'href="/changes?since=7d&amp;team=OPS&amp;kind=new&amp;kind=done"' in answer
    nothing = site.get("/changes?since=7d&kind=gone", "bob").text
    assert "Nothing here changed" in nothing
    assert '<a href="/changes?since=7d">Show all kinds and teams</a>' in nothing


@pytest.mark.parametrize(
    ("chosen", "toggled"),
    [
        ("", "kind=moved"),
        ("kind=new&kind=moved&kind=done&kind=canceled&kind=gone", "kind=moved"),
        ("kind=gone&kind=new&kind=gone", "kind=new&amp;kind=moved&amp;kind=gone"),
        ("kind=moved", ""),
        ("kind=new&kind=done&kind=canceled&kind=gone", ""),
    ],
)
def test_a_click_on_a_kind_takes_it_in_or_out(site: Site, chosen: str, toggled: str) -> None:
    mirrored(site, item(1, "Fresh", created_at=ago(HOUR)))
    page = site.get(f"/changes?since=7d&{chosen}", "bob").text
    url = "/changes?since=7d" + (f"&amp;{toggled}" if toggled else "")
    assert re.search(rf'href="{re.escape(url)}"[^>]*>Moved', page)


def test_where_nothing_changed_it_says_since_when_and_where_to_look(site: Site) -> None:
    visited(site, 3 * HOUR)
    answer = site.get("/changes", "bob").text
    assert "Nothing changed since " in words(answer)
    assert '<a href="/changes?since=7d">Look at the last 7 days</a>' in answer


def test_what_is_marked_as_seen_is_gone_from_the_page(site: Site) -> None:
    mirrored(site, item(1, "Fresh", created_at=ago(HOUR)))
    assert "Fresh" in words(site.get("/changes", "bob").text)
    assert site.post("/changes/seen", "bob").headers["location"] == "/changes"
    assert "Nothing changed since today" in words(site.get("/changes", "bob").text)


def test_who_views_as_somebody_else_leaves_no_visit(site: Site) -> None:
    mirrored(site, item(1, "Fresh", created_at=ago(HOUR)))
    [(bob,)] = site.query("SELECT id FROM users WHERE email = 'bob@example.com'")
    site.post(f"/admin/people/{bob}/view-as", "alice")
    page = site.get("/changes", "alice").text
    assert "Fresh" in words(page)
    assert "In the last 7 days." in words(page)
    assert "Mark as seen" not in page
    assert site.post("/changes/seen", "alice").status_code == 303
    assert site.query("SELECT user_id FROM user_preferences") == []


def test_the_next_page_keeps_to_what_was_new_at_the_visit(site: Site) -> None:
    mirrored(site, *(item(number, created_at=ago(HOUR) - number * timedelta(seconds=1)) for number in range(60)))
    answer = site.get("/changes?kind=new", "bob").text
    found = re.search(r'<a href="([^"]+)" rel="next">', answer)
    assert found
    address = found[1].replace("&amp;", "&")
    assert "since=2" in address
    rest = site.get(address, "bob").text
    assert rest.count('class="change"') == 10
    assert 'rel="next"' not in rest


def test_a_hidden_item_is_nowhere_on_the_page(site: Site) -> None:
    mirrored(site, item(1, "Secret one", created_at=ago(HOUR)), item(2, "Secret two", archived_at=ago(HOUR)))
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-ENG', false)")
    answer = site.get("/changes", "bob").text
    assert "Secret" not in answer
    assert "ENG" not in answer


@pytest.mark.parametrize("since", ["9999-12-31T23:59-23:00", "9999-12-31"])
def test_a_time_to_come_is_refused_as_such(site: Site, since: str) -> None:
    answer = site.get(f"/changes?since={since}", "bob")
    assert answer.status_code == 400
    assert "still to come" in answer.text


@pytest.mark.parametrize(
    "query",
    ["since=soon", "since=0000-00-00", "after=x", "since=2026-13-01T00:00Z"],
)
def test_a_damaged_address_is_refused_in_words(site: Site, query: str) -> None:
    answer = site.get(f"/changes?{query}", "bob")
    assert answer.status_code == 400
    assert "address" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "since=1970-01-01",
        "since=2026-02-06T12:00",
        "since=%00",
        "kind=other",
        "team=%00%27",
        "kind=new&kind=new",
    ],
)
def test_any_other_words_get_a_page(site: Site, query: str) -> None:
    assert site.get(f"/changes?{query}", "bob").status_code == 200
