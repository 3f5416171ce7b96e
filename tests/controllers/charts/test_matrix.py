"""The matrix over HTTP: its cells in words, its addresses, and what it says where there is none."""

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
  ('t1', 'ENG', 'Engineering', false, now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, priority, estimate, created_at, updated_at) VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 't1', 1, 3, now(), now()),
  ('i2', 'ENG-2', 2, 'Buy tiles', 't1', 1, 3, now(), now()),
  ('i3', 'ENG-3', 3, 'Call the tiler', 't1', 0, NULL, now(), now());
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


def read_counts(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<a class="count" href="([^"]+)">(\d+)<span class="visually-hidden"> item', page)
    return [(unescape(address), number) for address, number in found]


def test_each_cell_leads_to_a_list_of_just_as_many(site: Site) -> None:
    page = site.get("/matrix", "bob").text
    counts = read_counts(page)
    assert counts == [
        ("/?priority=urgent&estimate=3&done=hidden", "2"),
        ("/?priority=none&no=estimate&done=hidden", "1"),
    ]
    for address, number in counts:
        assert site.get(address, "bob").text.count('<li class="item">') == int(number)
    assert "Fix the roof" in page


def test_it_says_how_many_are_counted_and_leads_to_just_these(site: Site) -> None:
    site.query(
        "INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at)"
        " VALUES ('s1', 't1', 'Done', 'completed', now(), now())"
    )
    site.query("UPDATE backlog_items SET state_id = 's1', completed_at = now() WHERE id = 'i2'")
    page = site.get("/matrix?team=ENG", "bob").text
    assert ">3<span> items</span>" in page
    [(url, count)] = re.findall(r'Counted below: <a href="([^"]+)">(\d+) open</a>', page)
    assert sum(int(number) for _, number in read_counts(page)) == int(count) == 2
    assert site.get(unescape(url), "bob").text.count('<li class="item">') == 2


def test_where_all_teams_estimate_in_sizes_its_columns_are_sizes(site: Site) -> None:
    site.query("UPDATE teams SET issue_estimation_type = 'tShirt'")
    page = site.get("/matrix", "bob").text
    assert '<th scope="col">M</th>' in page
    assert "points</th>" not in page
    site.query(
        "INSERT INTO teams (id, key, name, private, issue_estimation_type, created_at, updated_at)"
        " VALUES ('t2', 'OPS', 'Operations', false, 'fibonacci', now(), now())"
    )
    assert '<th scope="col">3 points</th>' in site.get("/matrix", "bob").text
    assert '<th scope="col">M</th>' in site.get("/matrix?team=ENG", "bob").text


def test_rows_may_be_of_another_group_and_the_address_is_the_view(site: Site) -> None:
    page = site.get("/matrix?team=ENG&group=team", "bob").text
    assert read_counts(page)[0] == ("/?team=ENG&estimate=3&done=hidden", "2")
    answer = site.post("/views", "bob", name="What is worth it", query="team=ENG&group=team", layout="matrix")
    assert answer.status_code == 303
    assert 'href="/matrix?team=ENG&amp;group=team"' in site.get("/views", "bob").text


def test_without_estimates_it_says_so(site: Site) -> None:
    site.query("UPDATE sharing_settings SET shows_estimates = false")
    page = site.get("/matrix", "bob").text
    assert "No estimates" in page
    assert read_counts(page) == []


LABELS = """
INSERT INTO labels (id, name, parent_id, is_group, is_offered, created_at, updated_at) VALUES
  ('g', 'Value', NULL, true, NULL, now(), now()), ('l1', 'Much', 'g', false, true, now(), now()),
  ('l2', 'Little', 'g', false, NULL, now(), now());
UPDATE backlog_items SET label_ids = '{l1}' WHERE id = 'i1';
UPDATE backlog_items SET label_ids = '{l2}' WHERE id = 'i3';
"""


def test_an_admin_names_a_group_of_labels_that_readers_may_leave_for_the_priority(site: Site) -> None:
    site.query(LABELS)
    assert site.post("/admin/settings/matrix", "alice", version="1", label_group="g").status_code == 303
    counts = read_counts(page := site.get("/matrix", "bob").text)
    assert counts == [
        ("/?label=Much&estimate=3&done=hidden", "1"),
        ("/?-label=Value&estimate=3&done=hidden", "1"),
        ("/?-label=Value&no=estimate&done=hidden", "1"),
    ]
    for address, number in counts:
        assert site.get(address, "bob").text.count('<li class="item">') == int(number)
    assert "None of these" in page
    assert '<option value="" selected>Value</option>' in page
    assert "Little" not in page
    assert ("/?priority=urgent&estimate=3&done=hidden", "2") in read_counts(
        site.get("/matrix?group=priority", "bob").text
    )
    assert "matrix label group id" in site.get("/admin/audit", "alice").text


def test_what_is_gone_from_linear_cannot_be_named_and_is_said_where_it_was(site: Site) -> None:
    site.query(LABELS)
    site.post("/admin/settings/matrix", "alice", version="1", label_group="g")
    site.query("UPDATE labels SET removed_at = now() WHERE id = 'g'")
    page = site.get("/matrix", "bob").text
    assert "Importance is the priority here" in page
    assert read_counts(page)[0] == ("/?priority=urgent&estimate=3&done=hidden", "2")
    assert "Importance is the priority here" not in site.get("/matrix?group=team", "bob").text
    assert "gone from Linear" in site.get("/admin/settings", "alice").text
    assert site.post("/admin/settings/matrix", "alice", version="2", label_group="g").status_code == 404
