"""The page of the mirror's runs: what it tells, and what an admin may ask there."""

import json
from collections.abc import Generator
from typing import Any

import pytest

from shareable_backlog import logs
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

HELD: dict[str, dict[str, Any]] = {
    "issues": {"gone": 1200, "live": 4000, "examples": ["ENG-7", "ENG-8"]},
    "comments": {"gone": 34, "live": 50, "examples": []},
}
GONE = 1234


@pytest.fixture(scope="module")
def program(server: str, template: str) -> Generator[Site]:
    """Yield the program without a key for Linear, so that nothing runs what is asked for."""
    with create_database(server, template) as conninfo:
        let_in(conninfo)
        with running_site.run_site(conninfo) as running:
            yield running


@pytest.fixture
def site(program: Site) -> Site:
    """Return it without any run."""
    program.query("DELETE FROM sync_history")
    return program


def run(site: Site, status: str = "succeeded", *, minutes_ago: int = 1, **columns: Any) -> int:
    """Add a run that ended after a second, or has not ended yet."""
    given = {"trigger_type": "automatic", **columns}
    ended = "NULL" if status in {"pending", "running"} else "now() - make_interval(mins => %s, secs => -1)"
    ended_params = [] if ended == "NULL" else [minutes_ago]
    names = ", ".join(given)
    places = ", ".join("%s" for _ in given)
    values = [json.dumps(value) if isinstance(value, dict | list) else value for value in given.values()]
    [(run_id,)] = site.query(
        f"INSERT INTO sync_history (status, started_at, completed_at, {names})"
        f" VALUES (%s, now() - make_interval(mins => %s), {ended}, {places}) RETURNING id",
        status, minutes_ago, *ended_params, *values,
    )  # fmt: skip
    return run_id


def audited(site: Site) -> list[tuple[Any, ...]]:
    return site.query(
        "SELECT u.email, a.action, a.resource, a.resource_id FROM audit_logs a JOIN users u ON u.id = a.user_id"
        " WHERE a.action LIKE 'sync.%%' ORDER BY a.id"
    )


def test_an_empty_mirror_says_so(site: Site) -> None:
    page = site.get("/admin/sync", "alice")
    assert page.status_code == 200
    assert "Nothing has been synced yet." in page.text
    assert "No sync is running." in page.text
    assert "LINEAR_API_KEY" in page.text


def test_the_state_of_the_mirror_is_told(site: Site) -> None:
    budget = {"requests_limit": 2500, "requests_remaining": 2400, "requests_reset_at": "2999-01-01T10:30:00Z"}
    run(site, "partial", error_message="2 rows were skipped.", requests=7, points=1234, budget=budget)
    site.query(
        "INSERT INTO webhook_deliveries (id, type, action, happened_at, outcome)"
        " VALUES ('a', 'Issue', 'update', now(), 'applied'), ('b', 'Issue', 'update', now(), NULL)"
    )
    page = site.get("/admin/sync", "alice").text
    assert "1 applied, 0 ignored, 0 failed, 1 waiting" in page
    assert "2,400 of 2,500" in page
    assert "full again at 10:30 UTC" in page
    assert "2 rows were skipped." in page
    assert "1,234" in page


def test_a_run_under_way_tells_what_it_is_at(site: Site) -> None:
    streams = {"issues": {"fetched": 1250, "created": 1000, "updated": 200, "unchanged": 50, "removed": 0}}
    run(site, "running", activity="Reading what has changed in Linear.", streams=streams, requests=5, points=80)
    page = site.get("/admin/sync", "alice").text
    assert "A sync is running" in page
    assert "Reading what has changed in Linear." in page
    assert "5 requests and 80 points so far" in page
    assert '<td class="number">1,250</td>' in page
    site.query("UPDATE sync_history SET requests = 1, points = 1 WHERE status = 'running'")
    assert "1 request and 1 point so far" in site.get("/admin/sync", "alice").text


def test_what_linear_refuses_is_told_with_who_can_mend_it_and_when_it_is_asked_again(site: Site) -> None:
    assert "What Linear refuses" not in site.get("/admin/sync", "alice").text
    site.query(
        "INSERT INTO sync_refusals (stream, kind, name, reason, remedy, path, last_run_id, next_at) VALUES"
        " ('comments', 'list', '', 'Linear does not let the key read comments', 'Ask <the admin>.', 'comments', 1,"
        "  '2999-01-01 10:30Z')"
    )
    page = site.get("/admin/sync", "alice").text
    site.query("DELETE FROM sync_refusals")
    assert "Linear does not let the key read comments" in page
    assert "Ask &lt;the admin&gt;." in page
    assert "2999-01-01T10:30:00" in page


def test_older_runs_follow_by_pages_of_25_each_run_once(site: Site) -> None:
    ids = [run(site, minutes_ago=number // 2) for number in range(60)]
    seen: list[int] = []
    path: str | None = "/admin/sync"
    while path:
        page = site.get(path, "alice").text
        seen += [number for number in ids for _ in range(page.count(f'"/admin/sync/{number}"'))]
        _, found, rest = page.partition('href="/admin/sync?after=')
        path = f"/admin/sync?after={rest.partition(chr(34))[0]}" if found else None
    assert sorted(seen) == sorted(ids)


@pytest.mark.parametrize("after", ["nonsense", "MjAyNi0wMS0wMVQwMDowMDowMCswMDowMHxhYmM"])
def test_a_damaged_position_is_said_to_be_one(site: Site, after: str) -> None:
    assert site.get(f"/admin/sync?after={after}", "alice").status_code == 400


def test_one_run_is_shown_with_all_that_it_did(site: Site) -> None:
    [(alice,)] = site.query("SELECT id FROM users WHERE email = 'alice@example.com'")
    run_id = run(
        site, "partial", trigger_type="manual", triggered_by=alice, is_full=True, duration_ms=125_000, requests=3,
        points=45, items_synced=1250, items_failed=2, held=HELD, next_step="Check in Linear.",
        error_message="2 rows were skipped.",
        streams={"issues": {"fetched": 1252, "created": 1250, "failed": 2}},
        error_details=[{"stream": "issues", "id": "ENG-7", "field": "title", "reason": "is no <text>"}],
    )  # fmt: skip
    page = site.get(f"/admin/sync/{run_id}", "alice").text
    for told in (
        "Partial", "alice@example.com", "Manual, full", "2 min 5 s", "1,250", "2 rows were skipped.",
        "Check in Linear.", "ENG-7", "is no &lt;text&gt;", "1,200 of 4,000 issues", "The first 1 of 2",
    ):  # fmt: skip
        assert told in page


def test_what_another_program_noted_of_bad_rows_is_shown_as_it_is(site: Site) -> None:
    run_id = run(site, "failed", error_details={"message": "it broke", "code": 7})
    assert "it broke" in site.get(f"/admin/sync/{run_id}", "alice").text


def test_a_secret_in_what_was_noted_is_not_shown(site: Site) -> None:
    logs.mask_secret("open-sesame")
    run_id = run(site, "failed", error_details=[{"message": "the key open-sesame was refused"}])
    page = site.get(f"/admin/sync/{run_id}", "alice").text
    assert "open-sesame" not in page
    assert "refused" in page


@pytest.mark.parametrize("run_id", ["999999", "0", "-1", "nonsense", "99999999999999999999", "%D9%A1"])
def test_there_is_no_page_for_a_run_that_never_was(site: Site, run_id: str) -> None:
    assert site.get(f"/admin/sync/{run_id}", "alice").status_code == 404


@pytest.mark.parametrize("kind", ["changes", "full"])
def test_an_admin_asks_for_a_run_and_the_audit_log_has_it(site: Site, kind: str) -> None:
    answer = site.post("/admin/sync", "alice", kind=kind)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/sync?notice=asked")
    [(run_id, *asked)] = site.query(
        "SELECT h.id, status, trigger_type, is_full, removals_allowed, email FROM sync_history h"
        " JOIN users u ON u.id = h.triggered_by"
    )
    assert asked == ["pending", "manual", kind == "full", False, "alice@example.com"]
    assert audited(site)[-1] == ("alice@example.com", "sync.requested", "sync_run", str(run_id))
    assert "was requested" in site.get("/admin/sync?notice=asked", "alice").text


def test_held_removals_are_told_and_wait_for_the_typed_number(site: Site) -> None:
    run(site, "partial", is_full=True, held=HELD, minutes_ago=5)
    run(site)
    page = site.get("/admin/sync", "alice").text
    assert "1,234 rows need your confirmation" in page
    assert "1,200 of 4,000 issues" in page
    assert '<a href="/items/ENG-7">ENG-7</a>' in page
    answer = site.post("/admin/sync/removals", "alice", gone="1,234")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/sync?notice=confirmed")
    [(run_id,)] = site.query("SELECT id FROM sync_history WHERE status = 'pending' AND is_full AND removals_allowed")
    assert audited(site)[-1] == ("alice@example.com", "sync.removals_confirmed", "sync_run", str(run_id))
    assert "This is already confirmed" in site.get("/admin/sync", "alice").text


@pytest.mark.parametrize(
    ("gone", "status"), [("1233", 409), ("", 400), ("all", 400), ("-1234", 400), ("9" * 30, 400)]
)
def test_another_number_confirms_nothing(site: Site, gone: str, status: int) -> None:
    run(site, "partial", is_full=True, held=HELD)
    before = audited(site)
    assert site.post("/admin/sync/removals", "alice", gone=gone).status_code == status
    assert site.query("SELECT count(*) FROM sync_history WHERE status = 'pending'") == [(0,)]
    assert audited(site) == before


def test_once_a_later_full_run_held_nothing_there_is_nothing_to_confirm(site: Site) -> None:
    run(site, "partial", is_full=True, held=HELD, minutes_ago=5)
    run(site, is_full=True)
    assert "need your confirmation" not in site.get("/admin/sync", "alice").text
    assert site.post("/admin/sync/removals", "alice", gone=str(GONE)).status_code == 409


@pytest.mark.parametrize("path", ["/admin/sync", "/admin/sync/1", "/admin/sync/events"])
def test_a_viewer_sees_nothing_of_it(site: Site, path: str) -> None:
    assert site.get(path, "bob").status_code == 403


@pytest.mark.parametrize("path", ["/admin/sync", "/admin/sync/removals"])
def test_a_viewer_asks_for_nothing(site: Site, path: str) -> None:
    run(site, "partial", is_full=True, held=HELD)
    assert site.post(path, "bob", kind="full", gone=str(GONE)).status_code == 403
    assert site.query("SELECT count(*) FROM sync_history WHERE status = 'pending'") == [(0,)]


def test_what_is_only_asked_by_head_opens_no_stream(site: Site) -> None:
    assert site.ask("HEAD", "/admin/sync/events", "alice").status_code == 200
