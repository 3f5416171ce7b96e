"""The backlog to take along: as CSV, as JSON, as a feed."""

import csv
import html
import io
import json
import re
from collections.abc import Generator
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'SEC', 'Security', true, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at) VALUES
  ('s1', 't1', 'Doing', 'started', now(), now());
INSERT INTO labels (id, name, is_offered, created_at, updated_at) VALUES ('l1', 'bug', true, now(), now());
INSERT INTO people (id, name, created_at, updated_at) VALUES ('u1', 'Dana', now(), now());
INSERT INTO backlog_items
  (id, identifier, number, title, team_id, state_id, label_ids, assignee_id, priority, due_date, created_at,
   updated_at)
VALUES
  ('i1', 'ENG-1', 1, '=HYPERLINK("https://example.com")', 't1', 's1', '{l1}', 'u1', 1, '2026-03-01',
   '2026-02-06T12:00Z', '2026-02-06T12:01Z'),
  ('i2', 'ENG-2', 2, E'Tiles & "more" <b>\\x0b', 't1', NULL, '{}', NULL, 0, NULL,
   '2026-02-06T12:00Z', '2026-02-06T12:02Z'),
  ('i3', 'SEC-3', 3, 'Locks', 't2', NULL, '{}', NULL, 0, NULL, '2026-02-06T12:00Z', '2026-02-06T12:03Z');
"""
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "carol", "erin")
        site.query(ROWS)
        yield site


def rows(site: Site, query: str = "", persona: str = "bob") -> list[dict[str, str]]:
    answer = site.get(f"/export.csv?{query}", persona)
    assert answer.headers["content-disposition"] == 'attachment; filename="backlog.csv"'
    return list(csv.DictReader(io.StringIO(answer.text)))


def titles(feed: str) -> list[str | None]:
    return [entry.findtext(f"{ATOM}title") for entry in ET.fromstring(feed).iter(f"{ATOM}entry")]  # noqa: S314 (our own)


def feed_address(site: Site, query: str = "", persona: str = "bob") -> str:
    page = site.post(f"/feeds?{query}", persona).text
    [address] = re.findall(r"<code>(http[^<]+)</code>", page)
    parts = urlsplit(html.unescape(address))
    return f"{parts.path}?{parts.query}"


def test_a_row_of_csv_has_all_that_the_list_can_show_and_no_formula(site: Site) -> None:
    [row] = rows(site, "label=bug")
    assert row == {
        "rank": "1",
        "identifier": "ENG-1",
        "team": "ENG",
        "title": '\'=HYPERLINK("https://example.com")',
        "state": "Doing",
        "kind_of_state": "In progress",
        "priority": "Urgent",
        "assignee": "Dana",
        "labels": "bug",
        "project": "",
        "milestone": "",
        "cycle": "",
        "estimate": "",
        "size": "",
        "due_date": "2026-03-01",
        "created_at": "2026-02-06T12:00:00+00:00",
        "updated_at": "2026-02-06T12:01:00+00:00",
        "archived_at": "",
        "link": "http://localhost:8000/items/ENG-1",
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [("", ["ENG-1", "ENG-2"]), ("order=updated", ["ENG-2", "ENG-1"]), ("order=created", ["ENG-2", "ENG-1"]),
     ("-label=bug", ["ENG-2"]), ("q=tiles", ["ENG-2"]), ("team=SEC", []), ("order=priority", ["ENG-1", "ENG-2"])],
)  # fmt: skip
def test_every_form_has_exactly_what_the_list_has(site: Site, query: str, found: list[str]) -> None:
    site.query("INSERT INTO search_entries (item_id) SELECT id FROM backlog_items")
    while site.query("SELECT 1 FROM search_entries WHERE stale_since IS NOT NULL"):
        site.get("/healthz")
    assert [row["identifier"] for row in rows(site, query)] == found
    answer = site.get(f"/export.json?{query}", "bob")
    assert [one["identifier"] for one in json.loads(answer.text)["data"]] == found
    assert sorted(one[:5] for one in titles(site.get(f"/feed.atom?{query}", "bob").text) if one) == sorted(found)


def test_more_items_than_a_part_are_all_there_once(site: Site) -> None:
    site.query(
        "INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at)"
        " SELECT 'x' || n, 'ENG-' || n, n, 'More', 't1', now(), now() FROM generate_series(10, 2309) n"
    )
    found = [row["identifier"] for row in rows(site)]
    assert len(found) == len(set(found)) == 2302


def test_an_export_is_recorded_with_what_was_asked_for(site: Site) -> None:
    rows(site, "label=bug")
    [(email, details)] = site.query("SELECT actor_email, details FROM audit_logs WHERE action = 'export.made'")
    assert (email, details) == ("bob@example.com", {"format": "csv", "query": "label=bug"})


def test_a_group_that_sees_nothing_takes_nothing_along(site: Site) -> None:
    assert rows(site, persona="erin") == []
    assert json.loads(site.get("/export.json", "erin").text) == {"data": []}
    assert titles(site.get(feed_address(site, persona="erin")).text) == []


def test_a_feed_reader_comes_in_by_its_address_alone(site: Site) -> None:
    address = feed_address(site, "label=bug")
    answer = site.get(address)
    assert answer.headers["content-type"] == "application/atom+xml"
    assert titles(answer.text) == ['ENG-1 =HYPERLINK("https://example.com")']
    assert "token=" in address
    assert "slb_" not in answer.text


def test_a_feed_is_well_formed_whatever_a_title_has(site: Site) -> None:
    assert 'ENG-2 Tiles & "more" <b>' in titles(site.get("/feed.atom", "bob").text)


def test_a_feed_ends_when_its_token_is_revoked_or_its_person_leaves(site: Site) -> None:
    address = feed_address(site)
    site.query("UPDATE users SET is_disabled = true WHERE email = 'bob@example.com'")
    assert site.get(address).status_code == 401
    site.query("UPDATE users SET is_disabled = false WHERE email = 'bob@example.com'")
    assert site.get(address).status_code == 200
    [(token_id,)] = site.query("SELECT id FROM api_tokens")
    site.post(f"/account/tokens/{token_id}/revoke", "bob")
    assert site.get(address).status_code == 401


def test_the_token_of_a_feed_is_good_for_nothing_else(site: Site) -> None:
    address = feed_address(site)
    token = address.partition("token=")[2]
    assert site.get("/api/v1/items", None, authorization=f"Bearer {token}").status_code == 403
    assert site.get(f"/?token={token}").status_code == 303
    assert site.get(f"/export.csv?token={token}").status_code == 303


def test_the_token_of_a_program_is_not_for_feeds(site: Site) -> None:
    page = site.post("/account/tokens", "bob", name="Report", right="items").text
    [token] = re.findall(r"<code>(slb_[^<]+)</code>", page)
    assert site.get(f"/feed.atom?token={token}").status_code == 403


def test_for_spreadsheets_the_same_has_the_mark_of_utf_8_once_at_its_beginning(site: Site) -> None:
    plain, marked = site.get("/export.csv?label=bug", "bob"), site.get("/export/spreadsheet.csv?label=bug", "bob")
    assert not plain.content.startswith(b"\xef\xbb\xbf")
    assert marked.content == b"\xef\xbb\xbf" + plain.content
    assert marked.headers["content-disposition"] == 'attachment; filename="backlog.csv"'
