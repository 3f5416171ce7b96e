"""The numbers in the words of Prometheus: whose each is in its help, and nothing for what there is not."""

from typing import Any

from msgspec.structs import fields
from prometheus_client.core import Metric

from shareable_backlog import clock
from shareable_backlog.controllers.metric_families import CurrentNumbers
from shareable_backlog.database.connection.probe import ConnectionTest
from shareable_backlog.database.connection.query_times import QueryTimes
from shareable_backlog.database.connection.standby.standby import ListReads
from shareable_backlog.database.mirror.sync_history import RateBudget
from shareable_backlog.database.monitoring.installation import AuditBacklog, Backlog, EndedRun, MailBacklog
from shareable_backlog.database.overview import PoolNumbers
from shareable_backlog.services.monitoring import InstallationNumbers, ProcessNumbers

POOL = PoolNumbers(limit=20, open=5, idle=3, waiting=1, requests=9, queued=2, refused=1, wait_s=0.5, failed=4)
NOTHING = InstallationNumbers(**dict.fromkeys([field.name for field in fields(InstallationNumbers)]))


def collect(installation: InstallationNumbers | None, queries: QueryTimes | None = None) -> dict[str, Metric]:
    process = ProcessNumbers(
        ConnectionTest(connected=True, latency_ms=3), POOL, queries or QueryTimes(), ListReads(5, 7)
    )
    return {one.name: one for one in CurrentNumbers(process, 2, installation).collect()}


def read(metric: Metric) -> dict[str, float]:
    return {",".join(sample.labels.values()): sample.value for sample in metric.samples}


def test_each_number_says_whose_it_is() -> None:
    for metric in collect(build_full()).values():
        whose = ("(of this process).", "(of the installation: every process tells the same).")
        assert metric.documentation.endswith(whose), metric.name


def test_the_pool_is_told_by_what_its_connections_are_at() -> None:
    found = collect(None)
    assert read(found["slb_database_pool_connections"]) == {"idle": 3, "used": 2}
    assert read(found["slb_database_pool_wait_seconds"]) == {"": 0.5}
    assert read(found["slb_database_probe_seconds"]) == {"": 0.003}
    assert read(found["slb_database_list_reads"]) == {"primary": 5, "standby": 7}
    assert read(found["slb_event_streams"]) == {"": 2}


def test_times_of_statements_are_counted_up_to_each_edge() -> None:
    times = QueryTimes()
    for seconds in (0.0005, 0.001, 0.3, 9.0):
        times.add_time(seconds)
    samples = {
        (sample.name.rpartition("_")[2], sample.labels.get("le")): sample.value
        for sample in collect(None, times)["slb_database_query_duration_seconds"].samples
    }
    assert (samples["bucket", "0.001"], samples["bucket", "0.25"], samples["bucket", "0.5"]) == (2, 2, 3)
    assert (samples["bucket", "+Inf"], samples["count", None]) == (4, 4)
    assert round(samples["sum", None], 4) == 9.3015


def test_what_there_is_not_is_left_out() -> None:
    assert set(collect(NOTHING)) == set(collect(None))


def test_a_run_is_told_by_a_one_for_how_it_ended() -> None:
    found = collect(build_full())
    assert read(found["slb_sync_last_run_status"]) == {
        "succeeded": 0,
        "partial": 1,
        "failed": 0,
        "interrupted": 0,
    }
    assert read(found["slb_linear_budget_remaining"]) == {"requests": 7}
    assert read(found["slb_sync_refusals"]) == {"list": 0, "field": 0, "node": 3, "hole": 0}
    assert read(found["slb_people"]) == {"pending": 0, "active": 2}


def build_full() -> InstallationNumbers:
    """Return numbers of which none is missing."""
    known: dict[str, Any] = {
        "items": 5,
        "last_run": EndedRun("partial", 1.0, 2.0, 3, 4, 5),
        "held_removals": 0,
        "refusals": {"node": 3},
        "budget": RateBudget(requests_limit=9, requests_remaining=7, requests_reset_at=clock.read_time()),
        "deliveries": {"waiting": 0},
        "mails": MailBacklog(1, 2.0, 3),
        "search": Backlog(0, None),
        "sessions": 1,
        "people": {"active": 2},
        "record": AuditBacklog(3, 1, 0.5),
        "backup_age_s": 60.0,
    }
    return InstallationNumbers(mirror_as_of=clock.read_time(), **known)
