"""The roadmap compared with a day, over HTTP."""

import re
from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now());
INSERT INTO projects (id, name, target_date, target_date_resolution, created_at, updated_at) VALUES
  ('p1', 'Tides', '2020-09-30', 'quarter', '2020-01-01', '2020-01-01'),
  ('p2', 'Harbour', '2020-09-01', NULL, '2020-01-01', '2020-01-01');
UPDATE projects SET target_date = '2020-12-31', updated_at = '2020-11-20' WHERE id = 'p1';
INSERT INTO projects (id, name, created_at, updated_at) VALUES ('p3', 'Quay', '2020-11-20', '2020-11-20');
INSERT INTO backlog_items (id, identifier, number, title, team_id, project_id, created_at, updated_at)
SELECT 'i' || n, 'ENG-' || n, n, 'A title', 't1', 'p' || n, now(), now() FROM generate_series(1, 3) n;
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


def read_names(site: Site, path: str) -> list[str]:
    return sorted(re.findall(r"<h3><a [^>]*>([^<]+)</a>", site.get(path, "bob").text))


def test_the_empty_choices_of_the_form_choose_nothing(site: Site) -> None:
    answer = site.get("/roadmap?team=ENG&status=&group=&months=&since=", "bob")
    assert (answer.status_code, read_names(site, "/roadmap?team=ENG&since=")) == (200, ["Harbour", "Quay", "Tides"])


def test_each_sum_leads_to_just_so_many_plans_and_each_tells_from_where_it_moved(site: Site) -> None:
    page = site.get("/roadmap?since=2020-11-17", "bob").text
    found = re.search(r'<p class="sums">(.*?)</p>', page, re.DOTALL)
    assert found
    sums = {words: url.replace("&amp;", "&") for url, words in re.findall(r'<a href="([^"]+)">([^<]+)</a>', found[1])}
    assert list(sums) == ["1 new", "1 slipped", "Stop comparing"]
    assert "slipped from Q3 2020 to Q4 2020" in page
    assert read_names(site, sums["1 new"]) == ["Quay"]
    assert read_names(site, sums["1 slipped"]) == ["Tides"]
    assert len(read_names(site, sums["Stop comparing"])) == 3


def test_the_last_meeting_is_a_day_like_any_other(site: Site) -> None:
    site.query("UPDATE settings SET last_meeting_day = '2020-11-17'")
    assert "1 slipped" in site.get("/roadmap?since=meeting", "bob").text
    site.query("UPDATE settings SET meeting_weekday = NULL, last_meeting_day = NULL")
    assert "There has been no meeting yet" in site.get("/roadmap?since=meeting", "bob").text


@pytest.mark.parametrize("words", ["since=soon", "moved=sideways"])
def test_a_damaged_address_is_refused_in_words(site: Site, words: str) -> None:
    assert site.get(f"/roadmap?{words}", "bob").status_code == 400
