"""Lists and boards that are compared with a day, over HTTP: sums, their lists, and what moved on each row."""

import re
from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'OPS', 'Operations', false, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at) VALUES
  ('s1', 't1', 'Todo', 'unstarted', now(), now()), ('s2', 't1', 'In Progress', 'started', now(), now()),
  ('s3', 't1', 'Shipped', 'completed', now(), now()), ('s4', 't1', 'Not needed', 'duplicate', now(), now());
INSERT INTO projects (id, name, created_at, updated_at) VALUES
  ('p1', 'Apollo', now(), now()), ('p2', 'Tides', now(), now());
INSERT INTO backlog_items
  (id, identifier, number, title, team_id, state_id, priority, due_date, estimate, created_at, updated_at) VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 't1', 's1', 4, '2020-12-01', 3, '2020-01-01', '2020-01-01'),
  ('i2', 'ENG-2', 2, 'Buy tiles', 't1', 's2', 0, NULL, NULL, '2020-01-01', '2020-01-01'),
  ('i3', 'ENG-3', 3, 'Call the tiler', 't1', 's1', 0, NULL, NULL, '2020-01-01', '2020-01-01'),
  ('i4', 'OPS-4', 4, 'Sweep', 't2', NULL, 0, NULL, NULL, '2020-01-01', '2020-01-01'),
  ('i6', 'ENG-6', 6, 'Gild the door', 't1', 's1', 0, NULL, NULL, '2019-01-01', '2020-01-01');
UPDATE backlog_items SET state_id = 's2', priority = 2, due_date = '2021-01-15', estimate = 5, project_id = 'p1',
  updated_at = '2020-11-20' WHERE id = 'i1';
UPDATE backlog_items SET state_id = 's3', completed_at = '2020-11-20', updated_at = '2020-11-20' WHERE id = 'i2';
UPDATE backlog_items SET state_id = 's4', canceled_at = '2020-11-20', updated_at = '2020-11-20' WHERE id = 'i6';
UPDATE backlog_items SET removed_at = '2020-11-20' WHERE id = 'i3';
UPDATE backlog_items SET due_date = '2021-02-01', updated_at = '2020-11-20' WHERE id = 'i4';
INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at) VALUES
  ('i5', 'ENG-5', 5, 'Paint', 't1', '2020-11-18', '2020-11-18');
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""
SINCE = "since=2020-11-17"


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


def read_sums(site: Site, path: str) -> dict[str, str]:
    """Return the sums of a page, each with its address."""
    found = re.search(r'<p class="sums">(.*?)</p>', site.get(path, "bob").text, re.DOTALL)
    links = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', found[1] if found else "")
    return {words: address.replace("&amp;", "&") for address, words in links}


def list_titles(site: Site, path: str) -> list[str]:
    return sorted(re.findall(r'class="title"[^>]*>([^<]+)<', site.get(path, "bob").text))


@pytest.mark.parametrize("path", ["/", "/board"])
def test_the_sums_stand_on_top_and_each_leads_to_just_so_many(site: Site, path: str) -> None:
    sums = read_sums(site, f"{path}?{SINCE}")
    assert list(sums)[:-1] == ["1 new", "1 done", "1 canceled", "1 slipped", "2 moved", "1 gone"]
    assert list_titles(site, sums["1 new"]) == ["Paint"]
    assert list_titles(site, sums["1 done"]) == ["Buy tiles"]
    assert list_titles(site, sums["1 canceled"]) == ["Gild the door"]
    assert list_titles(site, sums["1 slipped"]) == ["Fix the roof"]
    assert list_titles(site, sums["2 moved"]) == ["Fix the roof", "Sweep"]
    assert list_titles(site, sums["1 gone"]) == ["Call the tiler"]


@pytest.mark.parametrize("path", ["/?", "/?group=team&", "/board?"])
def test_a_row_tells_from_where_to_where(site: Site, path: str) -> None:
    page = re.sub(r"<[^>]+>|\s+", " ", site.get(f"{path}{SINCE}", "bob").text)
    page = re.sub(r" +", " ", page)
    for words in (
        "slipped from 1 Dec 2020 to 15 Jan 2021",
        "Todo → to In Progress",
        "Low → to High",
        "no project → to Apollo",
        "estimate 3 → to 5",
        "now due 1 Feb 2021",
        "↓ down 1 from 2",
    ):
        assert words in page


@pytest.mark.parametrize("path", ["/?", "/board?", "/present/list?", "/present/board?slide=2&"])
@pytest.mark.parametrize("last_meeting", ["2020-11-17", "2020-11-19"])
def test_new_is_what_came_since_the_day_and_not_since_the_last_meeting(
    site: Site, path: str, last_meeting: str
) -> None:
    site.query("UPDATE settings SET last_meeting_day = %s", last_meeting)
    mark = re.compile(r'<span class="(?:slide-)?new">New</span>')
    assert len(mark.findall(site.get(f"{path}{SINCE}", "bob").text)) == 1
    assert mark.search(site.get(f"{path}since=2020-11-19", "bob").text) is None


def test_what_a_person_may_not_see_is_in_no_sum(site: Site) -> None:
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 't2', false)")
    assert "1 moved" in read_sums(site, f"/?{SINCE}")
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 't1', false)")
    assert "nothing came, moved or went" in site.get(f"/?{SINCE}", "bob").text


def test_a_narrower_list_has_sums_of_its_own(site: Site) -> None:
    assert list(read_sums(site, f"/?{SINCE}&team=OPS"))[:-1] == ["1 moved"]


def test_the_last_meeting_is_a_day_like_any_other(site: Site) -> None:
    site.query("UPDATE settings SET last_meeting_day = '2020-11-17'")
    assert "1 slipped" in read_sums(site, "/?since=meeting")
    assert "the last meeting" in site.get("/?since=meeting", "bob").text


def test_before_the_first_meeting_it_says_so(site: Site) -> None:
    site.query("UPDATE settings SET meeting_weekday = NULL")
    assert "There has been no meeting yet" in site.get("/?since=meeting", "bob").text
    assert list_titles(site, "/?moved=moved") == []


@pytest.mark.parametrize("words", ["since=soon", "since=2020-13-01", "moved=sideways"])
def test_a_damaged_address_is_refused_in_words(site: Site, words: str) -> None:
    assert site.get(f"/?{words}", "bob").status_code == 400


@pytest.mark.parametrize("path", ["/", "/board", "/roadmap", "/meeting", "/present/meeting", "/changes"])
@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("9999-12-31", "is still to come. Choose today or an earlier day."),
        ("1900-01-01", "Nothing here goes back before 1970."),
        ("0001-01-01", "Nothing here goes back before 1970."),
    ],
)
def test_a_day_that_nothing_can_be_compared_with_is_refused_with_the_reason(
    site: Site, path: str, day: str, reason: str
) -> None:
    answer = site.get(f"{path}?since={day}", "bob")
    assert answer.status_code == 400
    assert reason in answer.text


@pytest.mark.parametrize("path", ["/", "/roadmap", "/meeting", "/changes"])
def test_the_first_day_that_can_be_compared_with_is_taken_everywhere(site: Site, path: str) -> None:
    assert site.get(f"{path}?since=1970-01-01", "bob").status_code == 200


def test_exports_feeds_and_the_api_are_narrowed_too(site: Site) -> None:
    lines = site.get(f"/export.csv?{SINCE}&moved=slipped", "bob").text.splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["ENG-1"]
