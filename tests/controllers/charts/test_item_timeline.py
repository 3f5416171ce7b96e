"""The timeline over HTTP: its months, its words and its addresses."""

import re
from collections.abc import Generator
from html import unescape

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'OPS', 'Operations', false, now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, due_date, created_at, updated_at) VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 't1', '2026-02-06', now(), now()),
  ('i2', 'ENG-2', 2, 'Buy tiles', 't1', '2026-03-31', now(), now()),
  ('i3', 'OPS-3', 3, 'Call the tiler', 't2', NULL, now(), now());
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


def read_cells(page: str) -> list[str]:
    """Return the words of the cells of the table, row by row, as far as there are any."""
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    cells = [re.sub(r"<[^>]+>", " ", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", body, re.DOTALL)]
    return [text for cell in cells if (text := " ".join(unescape(cell).split()))]


def test_items_stand_in_their_months_and_what_has_no_date_beside_them(site: Site) -> None:
    cells = read_cells(site.get("/timeline?from=2026-02&months=3", "bob").text)
    assert cells == [
        "Engineering", "Feb 2026 No state Fix the roof Overdue 6 Feb", "Mar 2026 No state Buy tiles Overdue 31 Mar",
        "Operations", "Unscheduled No state Call the tiler",
    ]  # fmt: skip


def test_where_there_are_other_items_it_says_which(site: Site) -> None:
    words = "The others are due at another time, or are not open and have no date."
    assert words not in site.get("/timeline?from=2026-02&months=3", "bob").text
    assert words in site.get("/timeline?from=2026-03&months=3", "bob").text


def test_of_two_years_the_quarters_are_shown(site: Site) -> None:
    page = site.get("/timeline?from=2026-01&months=24", "bob").text
    assert "Q1 2026 No state Fix the roof Overdue 6 Feb No state Buy tiles Overdue 31 Mar" in read_cells(page)


def test_each_step_and_each_count_keeps_what_is_asked_for(site: Site) -> None:
    page = site.get("/timeline?team=ENG&from=2026-02&months=6", "bob").text
    links = [unescape(one) for one in re.findall(r'href="([^"]+)"', page)]
    for address in (
        "/timeline?team=ENG&from=2025-11&months=6",
        "/timeline?team=ENG&from=2026-05&months=6",
        "/timeline?team=ENG&months=6",
        "/?team=ENG&due=2026-02-01..2026-07-31",
        "/?team=ENG&no=due&done=hidden",
    ):
        assert address in [one.replace("%2C", ",") for one in links]


def test_a_timeline_is_saved_as_a_view_and_opened_again(site: Site) -> None:
    answer = site.post("/views", "bob", name="What is due", query="team=ENG&months=6", layout="timeline")
    assert answer.status_code == 303
    assert 'href="/timeline?months=6&amp;team=ENG"' in site.get("/views", "bob").text


def test_nothing_in_that_time_is_said_in_words(site: Site) -> None:
    page = site.get("/timeline?team=ENG&from=2024-02&months=3&done=hidden", "bob").text
    assert "Nothing matches" in page
    assert "show all items" in page


@pytest.mark.parametrize("query", ["months=7", "from=soon", "group=fame"])
def test_what_has_no_meaning_is_refused_in_words(site: Site, query: str) -> None:
    answer = site.get(f"/timeline?{query}", "bob")
    assert answer.status_code == 400
    assert "Choose" in answer.text or "Start again" in answer.text
