"""What was finished, over HTTP: its addresses, its headings, and who may write them."""

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
INSERT INTO projects (id, name, created_at, updated_at) VALUES ('p1', 'Roof', now(), now());
INSERT INTO backlog_items
  (id, identifier, number, title, team_id, project_id, completed_at, archived_at, created_at, updated_at)
SELECT 'i' || n, 'ENG-' || n, n, 'Tile ' || n, 't1', CASE WHEN n > 3 THEN 'p1' END, now() - n * interval '2 days',
       CASE WHEN n > 10 THEN now() END, now(), now()
FROM generate_series(1, 40) n;
INSERT INTO releases (id, pipeline_id, name, version, created_at, updated_at) VALUES
  ('r1', 'app', 'Tight at last', '4.21', now(), now());
INSERT INTO item_releases (id, issue_id, release_id, created_at, updated_at)
SELECT 'x' || n, 'i' || n, 'r1', now(), now() FROM generate_series(2, 15) n;
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


def read_counts(page: str) -> list[tuple[str, int]]:
    found = re.findall(r'<a class="count" href="([^"]+)">(\d+)<span> item', page)
    return [(unescape(address), int(number)) for address, number in found]


@pytest.mark.parametrize("by", ["week", "project", "label", "release"])
def test_each_count_leads_to_a_list_of_just_as_many(site: Site, by: str) -> None:
    counts = read_counts(site.get(f"/done?by={by}", "bob").text)
    assert counts
    for address, number in counts:
        assert site.get(address, "bob").text.count('<li class="item">') == number


@pytest.mark.parametrize(
    "change",
    ["UPDATE settings SET pages_off = '{list}'", "UPDATE releases SET name = repeat('x', 201), version = NULL"],
    ids=["the list is switched off", "no address keeps the name"],
)
def test_no_count_leads_to_another_list(site: Site, change: str) -> None:
    site.query(change)
    page = site.get("/done?by=release", "bob").text
    assert '<span class="count">14<span> item' in page
    assert (read_counts(page), "Show all" in page) == ([], False)


def test_one_page_leads_to_the_next_until_all_was_there(site: Site) -> None:
    address, total, pages = "/done", 0, 0
    while address:
        page = site.get(address, "bob").text
        total, pages = total + sum(number for _, number in read_counts(page)), pages + 1
        older = re.search(r'href="(/done\?[^"]*before=[^"]+)" rel="next"', page)
        address = unescape(older[1]) if older else ""
    assert (total, pages) == (40, 2)


def test_an_admin_writes_headings_that_readers_read(site: Site) -> None:
    form = re.search(r'name="key" value="([^"]+)"', site.get("/done", "alice").text)
    assert form
    words = {"by": "week", "key": form[1], "heading": "The <roof> is tight"}
    assert site.post("/done/heading", "bob", **words).status_code == 403
    assert site.post("/done/heading", "alice", **words).headers["location"] == "/done?notice=saved"
    page = site.get("/done", "bob").text
    assert "The &lt;roof&gt; is tight" in page
    assert "Add a heading" not in page
    assert "changed what" in site.get("/admin/audit", "alice").text


def test_a_feed_reader_is_offered_what_was_finished_lately(site: Site) -> None:
    page = site.get("/done?team=eng", "bob").text
    feed = re.search(r'href="(/feeds\?[^"]+)"', page)
    assert feed
    address = unescape(feed[1])
    assert address == "/feeds?team=ENG&completed=90d&archived=shown"
    assert site.get(address, "bob").status_code == 200
    assert "ENG-40" in site.get(address.replace("/feeds", "/feed.atom"), "bob").text


def test_an_item_says_in_which_release_it_is_and_leads_to_all_of_it(site: Site) -> None:
    page = site.get("/items/ENG-2", "bob").text
    link = re.search(r'<dt>Release</dt><dd>\s*<a href="([^"]+)">4.21 Tight at last</a>', page)
    assert link
    assert site.get(unescape(link[1]), "bob").text.count('<li class="item">') == 14
    assert site.get("/?release=4.21&archived=shown", "bob").text.count('<li class="item">') == 14
    assert "<dt>Release</dt>" not in site.get("/items/ENG-1", "bob").text


def test_a_view_that_names_a_release_of_hidden_items_is_not_offered(site: Site) -> None:
    site.post("/views", "alice", name="What came", query="release=tight at last")
    site.post("/admin/views", "alice", view="What came")
    assert "What came" in site.get("/views", "bob").text
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 't1', false)")
    assert "What came" not in site.get("/views", "bob").text
    assert "Tight at last" not in site.get("/filters", "bob").text


def test_where_nothing_was_finished_it_says_so(site: Site) -> None:
    site.query("UPDATE backlog_items SET completed_at = NULL")
    assert "Nothing was finished" in site.get("/done", "bob").text
    assert "Nothing was finished before that" in site.get("/done?before=2020-01-06", "bob").text


def test_it_can_be_switched_off(site: Site) -> None:
    assert 'href="/done"' in site.get("/", "bob").text
    site.query("UPDATE settings SET pages_off = '{done}'")
    assert site.get("/done", "bob").status_code == 403
    assert 'href="/done"' not in site.get("/", "bob").text


def test_who_begins_there_brings_no_filters_of_a_list(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{list,board,matrix,timeline,trends,roadmap,changes,updates}'")
    answer = site.get("/?team=ENG&state=Todo", "bob")
    assert (answer.status_code, answer.headers["location"]) == (303, "/done")
