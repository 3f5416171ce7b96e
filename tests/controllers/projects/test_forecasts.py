"""Forecasts on a page: in words, beside how often such ones held, and switched off."""

import re
from collections.abc import Generator
from datetime import date

import pytest

from shareable_backlog import tracing
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.projects import forecast_records
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at) VALUES
  ('s1', 't1', 'Done', 'completed', now(), now());
INSERT INTO projects (id, name, created_at, updated_at) VALUES ('p1', 'Roof', now(), now());
INSERT INTO project_milestones (id, project_id, name, created_at, updated_at) VALUES
  ('m1', 'p1', 'Ridge', now(), now());
INSERT INTO labels (id, name, is_group, is_offered, created_at, updated_at) VALUES
  ('l1', 'Slate', false, true, now(), now());
INSERT INTO backlog_items
  (id, identifier, number, title, team_id, project_id, project_milestone_id, label_ids, state_id,
   completed_at, created_at, updated_at)
SELECT 'i' || n, 'ENG-' || n, n, 'Tile ' || n, 't1', 'p1', 'm1', '{l1}', CASE WHEN n > 10 THEN 's1' END,
       CASE WHEN n > 10 THEN now() - (n - 10) * interval '80 hours' END, now() - interval '100 days', now()
FROM generate_series(1, 40) n;
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


def read_words(page: str) -> str:
    found = re.search(r'<div class="forecast">(.*?)</div>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split()) if found else ""


@pytest.mark.parametrize("path", ["/trends?project=Roof", "/projects/Roof", "/labels/Slate"])
def test_a_page_says_by_when_all_may_be_done_and_that_too_few_have_ended(site: Site, path: str) -> None:
    words = read_words(site.get(path, "bob").text)
    assert re.fullmatch(
        r"Forecast: half of the time by \S.*?, 17 of 20 times by \S.*?, if work goes on as in the last 12 weeks."
        r" Too few projects have come to an end here to say how often such forecasts hold.",
        words,
    )


def test_where_a_list_is_narrowed_to_states_it_says_that_it_speaks_of_all_of_them(site: Site) -> None:
    said = "The forecast is of these items in whatever state they are."
    assert said not in site.get("/trends?project=Roof", "bob").text
    for words in ("type=completed", "-state=Done"):
        page = site.get(f"/trends?project=Roof&{words}", "bob").text
        assert read_words(page)
        assert said in page


def test_a_milestone_has_its_own_in_its_line(site: Site) -> None:
    page = site.get("/projects/Roof", "bob").text
    assert re.search(r"Ridge.*?Forecast: half of the time by .*?, 17 of 20 times by ", page, re.DOTALL)


def test_what_would_take_longer_than_two_years_is_said_so(site: Site) -> None:
    site.query("UPDATE backlog_items SET completed_at = NULL, state_id = NULL WHERE number > 11")
    words = read_words(site.get("/trends", "bob").text)
    assert words.startswith(
        "Forecast: more than half of the time not within two years, if work goes on as in the last"
    )


def test_nothing_is_said_where_nothing_moves(site: Site) -> None:
    site.query("UPDATE backlog_items SET completed_at = NULL, state_id = NULL")
    assert read_words(site.get("/trends", "bob").text) == ""


@pytest.mark.parametrize("path", ["/projects/Roof", "/labels/Slate"])
def test_the_days_of_a_page_are_read_once_for_its_burn_up_and_its_forecast(site: Site, path: str) -> None:
    with tracing.trace_statements() as trace:
        assert "half of the time" in read_words(site.get(path, "bob").text)
    of_days = [str(one.sql) for one in trace.statements if "is_started" in str(one.sql)]
    assert len([sql for sql in of_days if "project_milestone_id" not in sql]) == 1


def test_a_forecast_that_fails_costs_no_page(site: Site) -> None:
    site.query("ALTER TABLE forecast_records RENAME TO no_records")
    page = site.get("/trends", "bob")
    assert (page.status_code, read_words(page.text)) == (200, "")


@pytest.mark.parametrize("status", ["completed", "canceled", "paused"])
def test_a_project_that_does_not_go_on_has_none(site: Site, status: str) -> None:
    site.query(f"""INSERT INTO project_statuses (id, name, type, created_at, updated_at)
        VALUES ('s', 'Over', '{status}', now(), now())""")
    site.query("UPDATE projects SET status_id = 's'")
    page = site.get("/projects/Roof", "bob")
    assert page.status_code == 200
    assert "Forecast" not in page.text


def test_an_admin_switches_forecasts_off(site: Site) -> None:
    assert read_words(site.get("/trends", "bob").text)
    site.query("UPDATE settings SET pages_off = '{forecasts}'")
    assert read_words(site.get("/trends", "bob").text) == ""
    assert "Forecasts" in site.get("/admin/settings", "alice").text


def test_how_often_such_forecasts_held_stands_beside_it(site: Site) -> None:
    assert site.client.portal
    mark = site.client.portal.call(forecast_records.find_due_mark, EVERYTHING, date(2999, 12, 31))  # always due
    site.query(f"""INSERT INTO forecast_records (day, sharing_mark, content)
        VALUES (current_date, '{mark}', '{{"p1": [60, 33, 40, 34], "p2": [9, 9, 9, 9]}}')
        ON CONFLICT ((coalesce(viewer_group_ids, '{{-1}}'))) DO UPDATE SET content = excluded.content""")
    assert read_words(site.get("/trends", "bob").text).endswith(
        "Of 40 such forecasts here the later day held in 34 (85 of 100), the earlier one in 33 of 60 (55 of 100)."
    )
