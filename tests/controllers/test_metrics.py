"""The numbers for a monitoring system: who may read them, what they tell and what they must not."""

import platform
from collections.abc import Generator
from time import monotonic

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg import sql

import shareable_backlog
from shareable_backlog.process_state import reset_process_state
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture
def site(database: str) -> Generator[Site]:
    let_in(database, "alice", "bob", "carol")
    with running_site.run_site(database) as running:
        yield running


def numbers(site: Site) -> dict[tuple[str, ...], float]:
    """Return the numbers by their name and the values of their labels."""
    answer = site.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status_and_no_label_holds_what_was_asked_for(site: Site) -> None:
    before = numbers(site)
    site.get("/items/SECRET-77", "bob")
    site.get("/sign-in/link/a-token-that-nobody-may-see")
    site.get("/no-such-page?email=mallory@example.com")
    site.ask("PROPFIND", "/")
    after = numbers(site)

    def more(*labels: str) -> float:
        name = ("slb_http_requests_total", *labels)
        return after.get(name, 0) - before.get(name, 0)

    assert more("GET", "/items/{identifier}", "404") == 1
    assert more("GET", "/sign-in/link/{token}", "403") == 1
    assert more("GET", "none", "404") == 1
    assert more("other", "/", "405") == 1
    assert after["slb_http_request_duration_seconds_count", "/items/{identifier}"] >= 1
    text = site.get("/metrics").text
    for word in ("SECRET-77", "a-token", "mallory", "example.com", "PROPFIND", "no-such-page"):
        assert word not in text


def test_the_installations_numbers_are_told(site: Site) -> None:
    site.query(
        "INSERT INTO sync_history"
        " (status, trigger_type, started_at, completed_at, duration_ms, requests, points, budget) VALUES"
        " ('partial', 'automatic', now(), now() - interval '1 hour', 1500, 3, 40,"
        '  \'{"requests_limit": 2500, "requests_remaining": 2400, "requests_reset_at": "2026-11-29T12:00:00Z"}\')'
    )
    site.query(
        "INSERT INTO webhook_deliveries (id, type, action, happened_at, outcome, applied_at)"
        " VALUES ('a', 'Issue', 'update', now(), 'applied', now()), ('b', 'Issue', 'update', now(), NULL, NULL),"
        "  ('c', 'Issue', 'update', now(), 'applied', now() - interval '2 hours')"
    )
    found = numbers(site)
    assert 3600 <= found[("slb_mirror_age_seconds",)] < 3660
    assert found[("slb_mirror_items",)] == 0
    assert found["slb_sync_last_run_status", "partial"] == 1
    assert found["slb_sync_last_run_status", "succeeded"] == 0
    assert found[("slb_sync_last_run_duration_seconds",)] == 1.5
    assert (found[("slb_sync_last_run_requests",)], found[("slb_sync_last_run_points",)]) == (3, 40)
    assert found["slb_linear_budget_remaining", "requests"] == 2400
    assert found["slb_linear_budget_reset_timestamp_seconds", "requests"] == 1795953600
    assert ("slb_linear_budget_remaining", "points") not in found
    assert (found["slb_webhook_deliveries", "applied"], found["slb_webhook_deliveries", "waiting"]) == (1, 1)
    assert found[("slb_sessions",)] == 3
    assert (found["slb_people", "pending"], found["slb_people", "active"]) == (1, 2)
    assert found[("slb_mails_waiting",)] == found[("slb_search_stale_entries",)] == 0


def test_this_processs_numbers_are_told(site: Site) -> None:
    found = numbers(site)
    assert found[("slb_database_up",)] == 1
    assert 0 <= found[("slb_database_probe_seconds",)] < 2
    assert found[("slb_database_pool_connections_max",)] == 20
    assert found["slb_database_pool_connections", "idle"] + found["slb_database_pool_connections", "used"] >= 1
    assert found[("slb_database_pool_requests_total",)] > 0
    assert found[("slb_database_query_duration_seconds_count",)] > 0
    assert found[("slb_event_streams",)] == 0
    assert found["slb_build_info", platform.python_version(), shareable_backlog.__version__] == 1
    assert found[("process_cpu_seconds_total",)] > 0
    assert found[("process_open_fds",)] > 0


def test_the_installation_is_not_asked_again_for_some_seconds(site: Site) -> None:
    numbers(site)
    site.query("INSERT INTO users (email) VALUES ('mallory@example.com')")
    assert numbers(site)["slb_people", "pending"] == 1
    reset_process_state()
    assert numbers(site)["slb_people", "pending"] == 2


def test_before_the_first_sync_there_is_no_age(site: Site) -> None:
    assert ("slb_mirror_age_seconds",) not in numbers(site)


def test_while_the_database_is_away_the_rest_is_told() -> None:
    with running_site.run_site("host=127.0.0.1 port=1 dbname=backlog") as running:
        found = numbers(running)
    assert found[("slb_database_up",)] == 0
    assert ("slb_people", "pending") not in found
    assert found[("slb_database_pool_connections_max",)] == 20


def test_for_other_networks_there_is_nothing_here(database: str) -> None:
    with running_site.run_site(database, peer="192.0.2.7") as running:
        assert running.get("/metrics").status_code == 404


def test_the_networks_are_those_of_the_setting_and_the_address_is_the_real_one(database: str) -> None:
    with running_site.run_site(
        database, {"METRICS_NETWORKS": "192.0.2.0/24", "TRUSTED_PROXIES": "127.0.0.0/8"}
    ) as running:
        assert running.get("/metrics").status_code == 404
        assert running.get("/metrics", **{"x-forwarded-for": "192.0.2.9"}).status_code == 200
        assert running.get("/metrics", **{"x-forwarded-for": "192.0.2.9, 203.0.113.1"}).status_code == 404
        assert running.get("/metrics", **{"x-forwarded-for": "nonsense"}).status_code == 404


def test_a_proxy_that_nobody_trusts_shows_the_numbers_to_no_stranger(database: str) -> None:
    with running_site.run_site(database, {}) as running:
        assert running.get("/metrics").status_code == 200
        assert running.get("/metrics", **{"x-forwarded-for": "203.0.113.9"}).status_code == 404


@pytest.mark.owner
@pytest.mark.parametrize(
    ("table", "missing"),
    [
        ("users", {"slb_people", "slb_sessions"}),
        ("sessions", {"slb_sessions"}),
        ("sync_refusals", {"slb_mirror_age_seconds", "slb_sync_refusals"}),
        ("backlog_items", {"slb_mirror_items"}),
        ("webhook_deliveries", {"slb_webhook_deliveries"}),
        ("outgoing_mails", {"slb_mails_waiting", "slb_mails_oldest_age_seconds", "slb_mails_given_up"}),
        ("search_entries", {"slb_search_stale_entries", "slb_search_lag_seconds"}),
        ("audit_seals", {"slb_audit_rows", "slb_audit_unsealed_rows", "slb_audit_unsealed_age_seconds"}),
    ],
)
def test_a_number_that_can_not_be_had_is_left_out_alone_and_soon(site: Site, table: str, missing: set[str]) -> None:
    site.query(
        "INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'automatic', now())"
    )
    site.query(
        "INSERT INTO webhook_deliveries (id, type, action, happened_at, outcome)"
        " VALUES ('a', 'Issue', 'update', now(), 'applied')"
    )
    with psycopg.connect(site.conninfo) as other:
        other.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table)))
        started = monotonic()
        found = numbers(site)
        assert monotonic() - started < 3
    assert found[("slb_database_up",)] == 1
    lacking = {name for name, *_ in numbers(site)} - {name for name, *_ in found}
    assert {name for name in lacking if not name.startswith("slb_http_")} == missing
