"""A team's page over HTTP: its numbers and where they lead, its names and theirs."""

import re
from collections.abc import Generator
from html import unescape

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, description, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering <b>', 'We *build*', false, now(), now()),
  ('t2', 'OPS', 'Operations', NULL, true, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, position, created_at, updated_at) VALUES
  ('s0', 't1', 'Todo', 'unstarted', 0, now(), now()), ('s1', 't1', 'In progress', 'started', 1, now(), now()),
  ('s2', 't1', 'Done', 'completed', 2, now(), now());
INSERT INTO people (id, name, active, created_at, updated_at) VALUES ('p1', 'Zoë O''Hara / 2', true, now(), now());
INSERT INTO labels (id, name, is_group, is_offered, created_at, updated_at)
  VALUES ('l1', 'Q&A / "x" + ?', false, true, now(), now());
INSERT INTO projects (id, name, trashed, health, health_updated_at, created_at, updated_at)
  VALUES ('j1', 'Roof / 50 %', false, 'atRisk', now() - interval '3 days', now(), now());
INSERT INTO cycles (id, team_id, number, name, starts_at, ends_at, created_at, updated_at) VALUES
  ('c1', 't1', 11, 'Rain', now() - interval '10 days', now() + interval '4 days', now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, cycle_id, project_id, assignee_id,
                           label_ids, completed_at, created_at, updated_at)
SELECT 'i' || n, 'ENG-' || n, n, 'Task ' || n, 't1', 's' || n % 3, 'c1', 'j1', 'p1', '{l1}',
  CASE WHEN n % 3 = 2 THEN now() - interval '1 day' END, now() - interval '40 days', now()
FROM generate_series(1, 80) n;
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""
NUMBER = re.compile(r'<a class="work-sum" href="(/[^"]*)"><b>(\d+)</b>')


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


def read_main(site: Site, path: str) -> str:
    answer = site.get(path, "bob")
    assert answer.status_code == 200, path
    return answer.text.partition('<main id="main"')[2].partition("</main>")[0]


def test_each_number_leads_to_a_list_of_just_as_many(site: Site) -> None:
    found = {(unescape(url), int(count)) for url, count in NUMBER.findall(read_main(site, "/teams/ENG"))}
    assert found == {
        ("/?team=ENG&type=started", 27),
        ("/?team=ENG&type=unstarted", 26),
        ("/?team=ENG&type=completed", 27),
        ("/?team=ENG&type=started&assignee=Zo%C3%AB+O%27Hara+%2F+2", 27),
    }
    for url, count in found:
        assert read_main(site, url).count('<li class="item">') == count, url


def test_it_says_who_the_team_is_and_which_cycle_and_projects_it_has(site: Site) -> None:
    page = read_main(site, "/teams/ENG")
    assert '<h1 dir="auto">Engineering &lt;b&gt;</h1>' in page
    assert "We <em>build</em>" in page
    assert 'Cycle now</dt><dd><a href="/cycles/ENG-11" dir="auto">Cycle 11: Rain</a>' in page
    assert "At risk" in page
    assert 'href="/roadmap?team=ENG"' in page


def test_its_lists_are_short(site: Site) -> None:
    page = read_main(site, "/teams/ENG")
    assert page.count('<li class="item">') == 20 + 20 + 20 + 3
    assert [page.count(f">All {count}</a>") for count in (27, 26)] == [2, 1]


def test_another_spelling_leads_to_its_own_address(site: Site) -> None:
    answer = site.get("/teams/eng", "bob")
    assert (answer.status_code, answer.headers["location"]) == (301, "/teams/ENG")


@pytest.mark.parametrize("key", ["OPS", "ops", "NONE", "%00"])
def test_a_team_that_is_not_shared_is_not_there(site: Site, key: str) -> None:
    assert site.get(f"/teams/{key}", "bob").status_code == 404


def test_the_names_of_an_item_lead_to_pages_and_those_to_lists(site: Site) -> None:
    page = read_main(site, "/items/ENG-1")
    urls = {unescape(url) for url in re.findall(r'<dd>\s*<a href="(/(?:teams|cycles|labels|people)/[^"]*)"', page)}
    assert len(urls) == 4
    for url in urls:
        assert "Task" in read_main(site, url), url


def test_where_the_roadmap_is_switched_off_no_page_leads_there(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{roadmap}'")
    page = read_main(site, "/teams/ENG")
    assert 'href="/roadmap' not in page
    for path in (
        "/items/ENG-1",
        "/labels/Q%26A%20%2F%20%22x%22%20%2B%20%3F",
        "/people/Zo%C3%AB%20O%27Hara%20%2F%202",
    ):
        page += read_main(site, path)
    assert "Roof / 50 %" in page
    assert 'href="/projects/' not in page


def test_where_the_roadmap_is_switched_off_a_project_is_told_by_what_is_done(site: Site) -> None:
    site.query("UPDATE projects SET lead_id = 'p1', target_date = '2020-01-01', start_date = '2019-01-01'")
    assert "2019" in read_main(site, "/teams/ENG")
    site.query("UPDATE settings SET pages_off = '{roadmap}'")
    [line] = re.findall(r'<li class="project-line">.*?</li>', read_main(site, "/teams/ENG"), re.DOTALL)
    assert [word for word in ("Roof", "of 80 done", "At risk", "Late", "Zoë", "2019") if word in line] == [
        "Roof",
        "of 80 done",
    ]
