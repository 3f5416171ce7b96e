"""What pictures of items have around them: the same tools, the same total, the same words as the list."""

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
INSERT INTO backlog_items
  (id, identifier, number, title, team_id, estimate, archived_at, created_at, updated_at)
VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 't1', 3, NULL, now(), now()),
  ('i2', 'OPS-2', 2, 'Call the tiler', 't2', 2, NULL, now(), now()),
  ('i3', 'ENG-3', 3, 'Old tiles', 't1', 1, now(), now() - interval '60 days', now());
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


@pytest.mark.parametrize("path", ["/matrix", "/timeline"])
def test_a_picture_is_called_and_counted_as_the_list_is(site: Site, path: str) -> None:
    page = site.get(f"{path}?team=ENG", "bob").text
    assert f"<title>{path[1:].capitalize()} · Engineering" in page
    assert '<a class="count" href="/?team=ENG">1<span' in page
    assert f'href="{path}?team=ENG" aria-current="page"' in page


@pytest.mark.parametrize("path", ["/matrix", "/timeline"])
def test_what_is_gone_is_in_the_list_alone(site: Site, path: str) -> None:
    page = site.get(f"{path}?since=2026-01-01&moved=gone", "bob").text
    assert "Fix the roof" in page
    assert "Old tiles" not in page
    assert "Since then" not in page


@pytest.mark.parametrize("path", ["/matrix", "/timeline"])
def test_a_picture_is_compared_with_a_day_in_sums_marks_and_cells_that_lead_to_lists_of_just_as_many(
    site: Site, path: str
) -> None:
    long_ago = "now() - interval '60 days'"
    site.query(f"UPDATE backlog_items SET (created_at, updated_at, due_date) = ({long_ago}, {long_ago}, now()::date)")
    site.query(
        "UPDATE backlog_items SET due_date = now()::date + 1, priority = 2, updated_at = now() WHERE id = 'i1'"
    )
    site.query("UPDATE backlog_items SET created_at = now() WHERE id = 'i2'")
    [(day,)] = site.query("SELECT (now() - interval '30 days')::date::text")
    page = site.get(f"{path}?since={day}", "bob").text
    assert "slipped from" in page
    sums = re.findall(r'<p class="sums">.*?</p>', page, re.DOTALL)[0]
    in_cells = "".join(re.findall(r'<p class="cell-moves">.*?</p>', page, re.DOTALL))
    of_cells = re.findall(r'href="([^"]+)">(\d+) (new|moved|slipped)', in_cells)
    assert {kind for *_, kind in of_cells} == ({"new", "slipped"} if path == "/timeline" else {"new", "moved"})
    for url, number, kind in [*of_cells, *re.findall(r'href="([^"]+)">(\d+) (new|moved|slipped)', sums)]:
        assert f"moved={kind}" in url
        assert site.get(unescape(url), "bob").text.count('<li class="item">') == int(number), url


@pytest.mark.parametrize("path", ["/matrix", "/timeline"])
def test_display_offers_a_day_to_compare_with_and_a_picture_without_one_says_nothing_of_moves(
    site: Site, path: str
) -> None:
    page = site.get(path, "bob").text
    assert '<input type="date" name="since"' in page
    assert "cell-moves" not in page
    assert '<p class="sums">' not in page
