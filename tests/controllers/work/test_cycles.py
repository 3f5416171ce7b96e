"""A cycle's page over HTTP: its numbers and where they lead, its lists, its addresses."""

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
  ('t1', 'ENG', 'Engineering <b>', false, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, position, created_at, updated_at) VALUES
  ('s1', 't1', 'In <i> progress', 'started', 1, now(), now()), ('s2', 't1', 'Done', 'completed', 2, now(), now());
INSERT INTO cycles (id, team_id, number, name, description, starts_at, ends_at, created_at, updated_at) VALUES
  ('c1', 't1', 11, NULL, NULL, now() - interval '20 days', now() - interval '10 days', now(), now()),
  ('c2', 't1', 12, 'Q&A "week"', 'All *questions*', now() - interval '10 days', now() + interval '4 days',
   now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, cycle_id, completed_at,
                           added_to_cycle_at, created_at, updated_at)
SELECT 'i' || n, 'ENG-' || n, n, 'Task ' || n, 't1', CASE WHEN n % 5 = 0 THEN 's2' ELSE 's1' END,
  CASE WHEN n > 50 THEN 'c1' ELSE 'c2' END, CASE WHEN n % 5 = 0 THEN now() - interval '1 day' END,
  now() - CASE WHEN n <= 30 THEN interval '3 days' ELSE interval '30 days' END, now() - interval '40 days', now()
FROM generate_series(1, 55) n;
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""
NUMBER = re.compile(r'<a (?:class="work-sum" )?href="(/[^"]*)">(?:<b>)?(\d+)(?:</b>)?')


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


def read_main(site: Site, path: str) -> str:
    answer = site.get(path, "bob")
    assert answer.status_code == 200
    return answer.text.partition('<main id="main"')[2].partition("</main>")[0]


def test_each_number_leads_to_a_list_of_just_as_many(site: Site) -> None:
    found = {(unescape(url), int(count)) for url, count in NUMBER.findall(read_main(site, "/cycles/ENG-12"))}
    assert found == {
        ("/?team=ENG&cycle=12&-type=canceled&-type=duplicate&archived=shown", 50),
        ("/?team=ENG&cycle=12&type=completed&archived=shown", 10),
        ("/?team=ENG&cycle=12&state=Done&archived=shown", 10),
        ("/?team=ENG&cycle=12&state=In+%3Ci%3E+progress&archived=shown", 40),
        ("/cycles/ENG-12?all=late", 30),
    }
    for url, count in found:
        assert read_main(site, url).count('<li class="item">') == count, url


def test_lists_are_short_and_lead_to_all(site: Site) -> None:
    page = read_main(site, "/cycles/ENG-12")
    assert page.count('<li class="item">') == 20 + 10 + 10
    assert page.count(">All 30</a>") == 1
    assert page.count(">All 40</a>") == 1
    assert '<a href="/cycles/ENG-12">Cycle 12</a>' in read_main(site, "/cycles/ENG-12?all=late")


def test_what_is_open_has_its_rank_as_everywhere(site: Site) -> None:
    for path in ("/cycles/ENG-12", "/cycles/ENG-12?all=late"):
        page = read_main(site, path)
        assert page.count('<span class="c-rank">') == page.count('<li class="item">')
        assert '<span class="visually-hidden">Rank </span>1<' in page


def test_it_says_what_it_is_and_what_comes_before(site: Site) -> None:
    page = read_main(site, "/cycles/ENG-12")
    assert '<h1 dir="auto">Cycle 12: Q&amp;A &#34;week&#34;</h1>' in page
    assert "under way, 4 days left" in page
    assert "<em>questions</em>" in page
    assert 'Before: <a href="/cycles/ENG-11"' in page
    assert "Nothing slipped, as far as the mirror saw." in page


def test_of_a_cycle_that_is_over_what_was_open_slipped(site: Site) -> None:
    page = read_main(site, "/cycles/ENG-11")
    assert unescape(page).count('<a class="work-sum" href="/cycles/ENG-11?all=slipped"><b>5</b> items</a>') == 1
    assert read_main(site, "/cycles/ENG-11?all=slipped").count('<li class="item">') == 5


def test_another_spelling_leads_to_its_own_address(site: Site) -> None:
    answer = site.get("/cycles/eng-012?all=late", "bob")
    assert (answer.status_code, answer.headers["location"]) == (301, "/cycles/ENG-12?all=late")


@pytest.mark.parametrize("name", ["ENG-13", "ENG", "-12", "ENG-", "OPS-12", "ENG-%C2%B2", "ENG-99999999999", "%00-1"])
def test_what_is_no_cycle_is_not_there(site: Site, name: str) -> None:
    assert site.get(f"/cycles/{name}", "bob").status_code == 404


def test_where_lists_are_switched_off_numbers_lead_nowhere(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{list}'")
    page = read_main(site, "/cycles/ENG-12")
    assert {url for url, _ in NUMBER.findall(page)} == {"/cycles/ENG-12?all=late"}
    assert 'href="/?' not in page
