"""What pictures of items have around them: the same tools, the same total, the same words as the list."""

from collections.abc import Generator

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
    assert "<title>Engineering" in page
    assert '<a class="count" href="/?team=ENG">1<span' in page
    assert f'href="{path}?team=ENG" aria-current="page"' in page


@pytest.mark.parametrize("path", ["/matrix", "/timeline"])
def test_what_is_gone_is_in_the_list_alone(site: Site, path: str) -> None:
    page = site.get(f"{path}?since=2026-01-01&moved=gone", "bob").text
    assert "Fix the roof" in page
    assert "Old tiles" not in page
    assert "Since then" not in page
