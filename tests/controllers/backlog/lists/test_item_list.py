"""The list and the board over HTTP: what is kept between requests, what never is, and their addresses."""

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
INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at) VALUES
  ('s1', 't1', 'Doing', 'started', now(), now()), ('s2', 't1', 'Shipped', 'completed', now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, created_at, updated_at) VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 't1', 's1', '2026-02-06T12:00Z', '2026-02-06T12:01Z'),
  ('i2', 'ENG-2', 2, 'Buy tiles', 't1', 's2', '2026-02-06T12:00Z', '2026-02-06T12:02Z'),
  ('i3', 'OPS-3', 3, 'Call the tiler', 't2', NULL, '2026-02-06T12:00Z', '2026-02-06T12:03Z');
"""
MANY = "/?" + "&".join(f"label={number}" for number in range(51))
LAYOUTS = ("/", "/?group=team", "/board", "/board?group=team")


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "erin")
        site.query(ROWS)
        site.query(
            "INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now())"
        )
        yield site


@pytest.mark.parametrize("path", LAYOUTS)
def test_a_page_that_is_as_it_was_is_not_sent_again(site: Site, path: str) -> None:
    first = site.get(path, "bob")
    assert first.headers["cache-control"] == "private, no-cache"
    again = site.get(path, "bob", **{"if-none-match": first.headers["etag"]})
    # The minute may have passed between the two.
    assert again.status_code == 304 or again.headers["etag"] != first.headers["etag"]
    assert again.status_code == 200 or again.content == b""


@pytest.mark.parametrize("path", LAYOUTS)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE backlog_items SET title = 'Mend the roof' WHERE id = 'i1'",
        "UPDATE teams SET name = 'Works' WHERE id = 't1'",
        "DELETE FROM backlog_items WHERE id = 'i3'",
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 't2', false)",
        "UPDATE sharing_settings SET shows_assignees = false",
    ],
)
def test_any_change_makes_a_page_new_at_once(site: Site, path: str, change: str) -> None:
    first = site.get(path, "bob")
    site.query(change)
    second = site.get(path, "bob", **{"if-none-match": first.headers["etag"]})
    assert second.status_code == 200
    assert ("Mend the roof" in second.text) == ("Mend" in change)
    assert ("OPS-3" in second.text) == ("t2" not in change and "i3" not in change)


def test_a_change_that_is_rolled_back_changes_nothing(site: Site) -> None:
    before = site.query("SELECT version FROM mirror_versions")
    site.query("BEGIN; UPDATE teams SET name = 'Works'; ROLLBACK")
    assert site.query("SELECT version FROM mirror_versions") == before


def test_a_transaction_counts_once_however_much_it_changes(site: Site) -> None:
    site.query(
        "CREATE TABLE marks (version UUID); CREATE RULE marked AS ON UPDATE TO mirror_versions"
        " DO ALSO INSERT INTO marks VALUES (NEW.version)"
    )
    site.query("UPDATE teams SET name = 'A'; UPDATE teams SET name = 'B'; DELETE FROM labels")
    assert (len(site.query("SELECT * FROM marks")), site.query("SELECT * FROM mirror_changes")) == (1, [])


@pytest.mark.parametrize("path", LAYOUTS)
def test_what_is_kept_for_one_scope_is_not_shown_to_another(site: Site, path: str) -> None:
    shown = site.get(path, "bob")
    assert "OPS-3" in shown.text
    hidden = site.get(path, "erin", **{"if-none-match": shown.headers["etag"]})
    assert (hidden.status_code, "OPS-3" in hidden.text) == (200, False)
    assert "Nothing is shown to you" in hidden.text
    assert "OPS-3" in site.get(path, "bob").text


def test_the_pages_of_two_people_are_never_the_same(site: Site) -> None:
    bobs = site.get("/", "bob").headers["etag"]
    assert site.get("/", "alice", **{"if-none-match": bobs}).status_code == 200


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/?q=&group=&order=rank", "/?all"),
        ("/?q=roof&group=state&order=", "/?q=roof&group=state"),
        ("/?columns=id&columns=due&label=", "/?columns=id,due"),
        ("/board?group=state&order=created&q=", "/board?order=created"),
        ("/board?group=state&subgroup=team&q=", "/board"),
        ("/?group=team&subgroup=state&q=", "/?group=team&subgroup=state"),
        ("/?label=a&-label=&label=b&no=project&due=", "/?label=a&label=b&no=project"),
    ],
)
def test_what_a_form_asks_for_gets_a_short_address(site: Site, path: str, address: str) -> None:
    answer = site.get(path, "bob")
    assert (answer.status_code, answer.headers["location"]) == (303, address)


@pytest.mark.parametrize(
    "path",
    [
        "/?due=whenever", "/?type=open", "/?priority=9", "/?no=team", "/?has=nothing", "/?group=colour",
        "/?order=fame", "/?columns=price", "/?after=x", "/board?updated=..", MANY,
    ],
)  # fmt: skip
def test_words_without_a_meaning_are_refused_in_words(site: Site, path: str) -> None:
    answer = site.get(path, "bob")
    assert answer.status_code == 400
    assert "<h1>" in answer.text


@pytest.mark.parametrize("path", ["/?skip=x", "/?skip=-1&group=team", "/?group=team&skip=9999999", "/?closed=%00"])
def test_other_rubbish_is_passed_over(site: Site, path: str) -> None:
    assert site.get(path, "bob").status_code == 200


def test_a_board_has_a_column_for_each_state_in_the_order_of_work(site: Site) -> None:
    page = site.get("/board", "bob").text
    assert 0 < page.index("Doing") < page.index("Fix the roof") < page.index("Shipped") < page.index("Buy tiles")


def test_groups_within_groups_have_their_names_counts_and_lists(site: Site) -> None:
    page = site.get("/?group=team&subgroup=state", "bob").text
    heads = re.findall(
        r'<h([23]) class="(?:sub)?group-head".*?<span dir="auto">(.*?)</span>.*?href="([^"]+)">(\d+)<',
        page,
        re.DOTALL,
    )
    assert [
        (level, " ".join(re.sub("<[^>]*>", "", name).split()), unescape(url), count)
        for level, name, url, count in heads
    ] == [
        ("2", "Engineering", "/?team=ENG", "2"),
        ("3", "Doing", "/?team=ENG&state=Doing", "1"),
        ("3", "Shipped", "/?team=ENG&state=Shipped", "1"),
        ("2", "Operations", "/?team=OPS", "1"),
        ("3", "No state", "/?team=OPS&no=state", "1"),
    ]
    assert page.count('<li class="item">') == 3
    assert site.get("/?group=team&subgroup=state&closed=ENG", "bob").text.count('<li class="item">') == 1


def test_groups_within_groups_can_be_saved_and_begun_with(site: Site) -> None:
    site.post("/views", "bob", name="By team", query="group=team&subgroup=state", layout="list")
    assert 'href="/?group=team&amp;subgroup=state"' in site.get("/views", "bob").text
    site.post("/views/default", "bob", view="By team")
    assert site.get("/", "bob").headers["location"] == "/?group=team&subgroup=state"


def test_the_default_view_is_what_the_bare_address_leads_to(site: Site) -> None:
    site.post("/views", "bob", name="Mine", query="team=OPS", layout="board")
    site.post("/views/default", "bob", view="Mine")
    answer = site.get("/", "bob")
    assert (answer.status_code, answer.headers["location"]) == (303, "/board?team=OPS")
    assert site.get("/?group=none", "bob").status_code == 200


@pytest.mark.parametrize("path", [*LAYOUTS, "/matrix", "/timeline", "/roadmap"])
def test_where_everything_is_private_only_an_admin_reads_so_with_the_way_to_sharing(site: Site, path: str) -> None:
    site.query("UPDATE teams SET private = true")
    site.query("INSERT INTO projects (id, name, created_at, updated_at) VALUES ('p1', 'Roof', now(), now())")
    page = site.get(path, "alice").text
    assert f"{'1 project' if path == '/roadmap' else '3 items'} mirrored, none shown" in page
    assert '<a href="/admin/sharing">' in page
    others = site.get(path, "bob").text
    assert "mirrored, none shown" not in others
    assert "an admin has not shared any with you" in others


@pytest.mark.parametrize("path", [*LAYOUTS, "/timeline", "/roadmap", "/about", "/changes", "/meeting"])
def test_no_reader_reads_the_name_of_a_setting_and_admins_read_the_reason(site: Site, path: str) -> None:
    site.query(
        "INSERT INTO sync_history (status, trigger_type, completed_at, error_message)"
        " VALUES ('failed', 'manual', now(), 'Linear refused the key: set LINEAR_API_KEY to a new one.')"
    )
    assert "LINEAR_API_KEY" in site.get(path, "alice").text
    site.query("DELETE FROM backlog_items")
    for persona in ("bob", "erin"):
        page = site.get(path, persona).text
        assert "LINEAR_" not in page
        assert "slb " not in page
        assert "Updates are delayed" in page
