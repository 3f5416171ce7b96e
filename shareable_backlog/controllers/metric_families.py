"""Say what each number of `/metrics` is called and means, in the words of Prometheus."""

import platform
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

import shareable_backlog
from shareable_backlog.services.monitoring import (
    BUCKETS_S,
    InstallationNumbers,
    ProcessNumbers,
    QueryTimes,
    RateBudget,
)

Values: TypeAlias = Mapping[str, float | None]
_INFO = ("version", "python")
_STATUSES = ("succeeded", "partial", "failed", "interrupted")
_OF_PROCESS = "(of this process)"
_OF_ALL = "(of the installation: every process tells the same)"


class CurrentNumbers(Collector):
    """The numbers that are asked for only when somebody wants them."""

    def __init__(self, process: ProcessNumbers, streams: int, installation: InstallationNumbers | None) -> None:
        self._process, self._streams, self._installation = process, streams, installation

    def collect(self) -> Iterator[Metric]:
        """Yield those that there are."""
        yield from _collect_process_numbers(self._process, self._streams)
        if self._installation is not None:
            yield from _collect_mirror_numbers(self._installation)
            yield from _collect_waiting_numbers(self._installation)


def _collect_process_numbers(numbers: ProcessNumbers, streams: int) -> Iterator[Metric]:
    pool, probe = numbers.pool, numbers.probe
    info = GaugeMetricFamily("slb_build_info", f"1, with the versions of what runs {_OF_PROCESS}.", labels=_INFO)
    info.add_metric([shareable_backlog.__version__, platform.python_version()], 1)
    yield info
    yield _build_gauge("database_up", "Whether the database answers", int(bool(probe and probe.connected)))
    if probe and probe.latency_ms is not None:
        latency = "How long the database took to answer a second ago, to the millisecond"
        yield _build_gauge("database_probe_seconds", latency, probe.latency_ms / 1000)
    connections = {"idle": pool.idle, "used": pool.open - pool.idle}
    yield _build_gauges("database_pool_connections", "Connections of the pool", "state", connections)
    yield _build_gauge("database_pool_connections_max", "How many connections the pool may have", pool.limit)
    yield _build_gauge("database_pool_waiting_requests", "Who waits for a connection now", pool.waiting)
    yield _build_counter("database_pool_requests", "How often a connection was asked for", pool.requests)
    yield _build_counter("database_pool_queued_requests", "How often none was free at once", pool.queued)
    yield _build_counter("database_pool_refused_requests", "How often none was to be had", pool.refused)
    yield _build_counter("database_pool_wait_seconds", "How long connections were waited for", pool.wait_s)
    yield _build_counter("database_pool_failed_connections", "How often none could be made", pool.failed)
    yield _build_query_times(numbers.queries)
    reads = CounterMetricFamily(
        "slb_database_list_reads",
        f"Round trips for lists, search, boards and exports {_OF_PROCESS}.",
        labels=["server"],
    )
    reads.add_metric(["primary"], numbers.list_reads.primary)
    reads.add_metric(["standby"], numbers.list_reads.standby)
    yield reads
    yield _build_gauge("event_streams", "Open pages that are sent what changes", streams)


def _collect_mirror_numbers(numbers: InstallationNumbers) -> Iterator[Metric]:
    yield from _build_known(
        "mirror_age_seconds", "Time since the mirror was last brought up to date", numbers.mirror_age_s
    )
    yield from _build_known(
        "mirror_items", "Items in the mirror, from 50,000 on as the database estimates them", numbers.items
    )
    if run := numbers.last_run:
        status = {one: float(one == run.status) for one in _STATUSES}
        yield from _build_labelled("sync_last_run_status", "1 for how the last run ended", "status", status)
        yield from _build_known("sync_last_run_end_timestamp_seconds", "When the last run ended", run.ended_at_s)
        yield from _build_known("sync_last_run_duration_seconds", "How long the last run took", run.duration_s)
        yield from _build_known("sync_last_run_requests", "Requests to Linear of the last run", run.requests)
        yield from _build_known("sync_last_run_points", "Points that the last run cost at Linear", run.points)
        yield from _build_known("sync_last_run_failed_rows", "Rows that the last run set aside", run.failed_rows)
    held = "Rows found gone that an admin has to confirm, as they are too many"
    yield from _build_known("sync_held_removals", held, numbers.held_removals)
    if numbers.refusals is not None:
        refusals = {**dict.fromkeys(("list", "field", "node", "hole"), 0), **numbers.refusals}
        yield from _build_labelled("sync_refusals", "What Linear refused when last asked", "kind", refusals)
    yield from _collect_budget(numbers.budget or RateBudget())
    outcome = "Deliveries of the last hour by outcome, and those that wait"
    yield from _build_labelled("webhook_deliveries", outcome, "outcome", numbers.deliveries or {})


def _collect_budget(left: RateBudget) -> Iterator[Metric]:
    for name, words, requests, points in (
        ("limit", "What Linear gives the key in an hour", left.requests_limit, left.complexity_limit),
        ("remaining", "What was left of that", left.requests_remaining, left.complexity_remaining),
        (
            "reset_timestamp_seconds",
            "When all of it is back",
            left.requests_reset_at and left.requests_reset_at.timestamp(),
            left.complexity_reset_at and left.complexity_reset_at.timestamp(),
        ),
    ):
        values = {"requests": requests, "points": points}
        yield from _build_labelled(f"linear_budget_{name}", words, "unit", values)


def _collect_waiting_numbers(numbers: InstallationNumbers) -> Iterator[Metric]:
    if mails := numbers.mails:
        yield from _build_known("mails_waiting", "Mails that are yet to be sent", mails.waiting)
        yield from _build_known(
            "mails_oldest_age_seconds", "Age of the oldest of them, 0 for none", mails.oldest_s or 0
        )
        yield from _build_known("mails_given_up", "Mails given up in the last week", mails.given_up)
    if search := numbers.search:
        yield from _build_known("search_stale_entries", "Texts whose words are yet to be read", search.waiting)
        yield from _build_known("search_lag_seconds", "Age of the oldest of them, 0 for none", search.oldest_s or 0)
    yield from _build_known("sessions", "Sessions that are still valid", numbers.sessions)
    if numbers.people is not None:
        yield from _build_labelled("people", "People by state", "state", {"pending": 0, **numbers.people})
    if record := numbers.record:
        yield from _build_known("audit_rows", "Rows of the audit log", record.rows)
        yield from _build_known("audit_unsealed_rows", "Rows of it that wait for a seal", record.waiting)
        oldest = "Age of the oldest of them, 0 for none"
        yield from _build_known("audit_unsealed_age_seconds", oldest, record.oldest_s or 0)
    yield from _build_known("backup_age_seconds", "Age of the newest backup by `slb backup`", numbers.backup_age_s)


def _build_gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"slb_{name}", f"{words} {_OF_PROCESS}.", value)


def _build_counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"slb_{name}", f"{words} {_OF_PROCESS}.", value)


def _build_gauges(name: str, words: str, label: str, values: Values, whose: str = _OF_PROCESS) -> Metric:
    family = GaugeMetricFamily(f"slb_{name}", f"{words} {whose}.", labels=[label])
    for value, count in values.items():
        if count is not None:
            family.add_metric([value], count)
    return family


def _build_query_times(times: QueryTimes) -> Metric:
    edges = [*map(str, BUCKETS_S), "+Inf"]
    words = f"Time of statements of PostgreSQL, those of one round trip together {_OF_PROCESS}."
    name = "slb_database_query_duration_seconds"
    buckets = list(zip(edges, map(float, accumulate(times.counts)), strict=True))
    return HistogramMetricFamily(name, words, buckets=buckets, sum_value=times.total_s)


def _build_known(name: str, words: str, value: float | None) -> Iterator[Metric]:
    if value is not None:
        yield GaugeMetricFamily(f"slb_{name}", f"{words} {_OF_ALL}.", value)


def _build_labelled(name: str, words: str, label: str, values: Values) -> Iterator[Metric]:
    if any(value is not None for value in values.values()):
        yield _build_gauges(name, words, label, values, _OF_ALL)
