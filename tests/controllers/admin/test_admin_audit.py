"""The audit log's page and its export: what admins read of it, and that it shows nothing as anything but text."""

import csv
import io
import re
import time
from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

_HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    """Yield the program with 60 views of bob's, his approval by alice, and a refusal."""
    with create_database(server, template) as conninfo:
        people = let_in(conninfo, "alice", "bob", "carol")
        with running_site.run_site(conninfo) as running:
            for number in range(60):
                running.query(
                    "INSERT INTO audit_logs (user_id, action, resource, resource_id) VALUES (%s, %s, %s, %s)",
                    *(people["bob"], "item.viewed", "item", f"ENG-{number}"),
                )
            running.query(
                "INSERT INTO audit_logs (user_id, action, details, is_admin_action, user_agent)"
                " VALUES (%s, 'person.approved', jsonb_build_object('reason', %s::text), true, %s)",
                *(people["alice"], _HOSTILE, _HOSTILE),
            )
            running.query(
                "INSERT INTO audit_logs (action, details, ip_address, outcome)"
                " VALUES ('network.refused', '{\"path\": \"/vault\"}', '192.0.2.7', 'refused')"
            )
            yield running


def actions(page: str) -> list[str]:
    return re.findall(r'href="/admin/audit\?action=([\w.]+)">', page)


def exported(site: Site, query: str = "") -> list[dict[str, str]]:
    answer = site.get(f"/admin/audit.csv{query}", "alice")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_it_shows_who_did_what_newest_first(site: Site) -> None:
    page = site.get("/admin/audit", "alice").text
    assert [action for action in actions(page) if not action.startswith("audit.")][:3] == [
        "network.refused",
        "person.approved",
        "item.viewed",
    ]
    assert "bob@example.com" in page
    assert "item ENG-59" in page


def test_a_refusal_is_told_in_a_word(site: Site) -> None:
    page = site.get("/admin/audit?outcome=refused", "alice").text
    assert '<b class="outcome">refused</b>' in page
    assert actions(page) == ["network.refused"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("person=bob%40example.com&q=ENG-59", ["item.viewed"]),
        ("action=person.approved", ["person.approved"]),
        ("admin=1&action=person.approved", ["person.approved"]),
        ("admin=1&action=item.viewed", []),
        ("q=%2Fvault&outcome=refused", ["network.refused"]),
        ("from=2999-01-01", []),
        ("to=2000-01-01", []),
        ("from=2000-01-01&to=2999-01-01&action=network.refused", ["network.refused"]),
    ],
)
def test_filters_narrow_it_and_its_export(site: Site, query: str, expected: list[str]) -> None:
    assert actions(site.get(f"/admin/audit?{query}", "alice").text) == expected
    assert [row["action"] for row in exported(site, f"?{query}")] == expected


def test_nothing_found_says_so_and_leads_back(site: Site) -> None:
    page = site.get("/admin/audit?action=session.revoked&q=%00x", "alice").text
    assert 'No row matches all of this. <a href="/admin/audit">' in page


def test_pages_follow_one_another_under_the_same_filter(site: Site) -> None:
    seen: list[str] = []
    address: str | None = "/admin/audit?action=item.viewed"
    while address:
        page = site.get(address, "alice").text
        seen += re.findall(r"item (ENG-\d+)", page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found[1].replace("&amp;", "&") if found else None
    assert seen == [f"ENG-{number}" for number in range(59, -1, -1)]


def test_reading_and_exporting_leave_a_trace(site: Site) -> None:
    site.get("/admin/audit?q=trace", "alice")
    site.get("/admin/audit?q=trace&before=5", "alice")
    exported(site, "?q=trace")
    rows = site.query(
        "SELECT action, actor_email, details, ip_address FROM audit_logs"
        " WHERE details ->> 'text' = 'trace' ORDER BY id"
    )
    assert rows == [
        ("audit.read", "alice@example.com", {"text": "trace"}, "127.0.0.1"),
        ("audit.exported", "alice@example.com", {"text": "trace"}, "127.0.0.1"),
    ]


def test_before_and_after_are_told_in_words(site: Site) -> None:
    site.query(
        "INSERT INTO audit_logs (action, details) VALUES ('sharing.changed',"
        """ '{"after": {"comments": false, "teams": ["ENG", "OPS"]}, "before": {"comments": true, "teams": []}}')"""
    )
    page = site.get("/admin/audit?action=sharing.changed", "alice").text
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "changed what is shown teams: none → is now ENG, OPS; comments: yes → is now no" in text


def test_what_people_sent_is_text_on_the_page(site: Site) -> None:
    page = site.get("/admin/audit?action=person.approved", "alice").text
    assert _HOSTILE not in page
    assert "&lt;script&gt;" in page


def test_what_people_sent_is_no_formula_in_the_export(site: Site) -> None:
    site.query("INSERT INTO audit_logs (action, resource_id, user_agent) VALUES ('item.viewed', '=1+1', '@SUM(A1)')")
    row = exported(site, "?q=%3D1&action=item.viewed")[0]
    assert (row["resource_id"], row["user_agent"]) == ("'=1+1", "'@SUM(A1)")


def test_a_page_may_begin_at_any_number_that_a_row_can_have(site: Site) -> None:
    assert "bob@example.com" in site.get("/admin/audit?before=9223372036854775807", "alice").text


@pytest.mark.parametrize(
    "query",
    [
        *("from=yesterday", "to=0001-01-01", "to=9999-12-31", "from=2026-02-02&to=2026-02-01"),
        *("before=x", "before=-1", "before=9223372036854775808"),
    ],
)
def test_a_wrong_date_or_page_is_told(site: Site, query: str) -> None:
    assert site.get(f"/admin/audit?{query}", "alice").status_code == 400


@pytest.mark.parametrize("path", ["/admin/audit", "/admin/audit.csv"])
@pytest.mark.parametrize(("persona", "status"), [("bob", 403), ("carol", 303), (None, 303)])
def test_only_admins_read_it(site: Site, path: str, persona: str | None, status: int) -> None:
    assert site.get(path, persona).status_code == status


def test_it_shows_how_far_the_record_is_sealed(site: Site) -> None:
    while site.query("SELECT 1 FROM unsealed_audit_logs"):
        time.sleep(0.05)
    page = site.get("/admin/audit", "alice").text
    [head] = re.findall(r'<code class="head">(\d+:[0-9a-f]{64})</code>', page)
    rows = site.query(
        "SELECT position || ':' || encode(hash, 'hex') FROM audit_seals WHERE position = %s",
        int(head.partition(":")[0]),
    )
    assert (head,) in rows


def test_a_row_is_a_sentence_with_names_and_only_what_changed(site: Site) -> None:
    [(carol,)] = site.query("SELECT id::text FROM users WHERE email = 'carol@example.com'")
    site.query(
        "INSERT INTO audit_logs (user_id, action, resource, resource_id, details, is_admin_action)"
        " SELECT id, 'person.promoted', 'user', %s, jsonb_build_object('before',"
        """ '{"state": "active", "admin": false, "name": null}'::jsonb,"""
        """ 'after', '{"state": "active", "admin": true, "name": null}'::jsonb), true"""
        " FROM users WHERE email = 'alice@example.com'",
        carol,
    )
    site.query("INSERT INTO audit_logs (action, resource, resource_id) VALUES ('person.promoted', 'user', '999999')")
    page = site.get("/admin/audit?action=person.promoted", "alice").text
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "alice@example.com made carol@example.com an admin admin: no → is now yes" in text
    assert "Somebody unknown made a person who is gone (999999) an admin" in text
    assert f'<a href="/admin/people/{carol}" dir="auto">carol@example.com</a>' in page
    assert "state:" not in text
    assert exported(site, "?action=person.promoted")[1]["resource_id"] == carol
