"""Measure how many requests there are and how long they take, by route; no label holds what a visitor wrote."""

import os

from msgspec import Struct, field
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from shareable_backlog.process_state import ProcessState


class _RouteMetrics(Struct, frozen=True):
    """The numbers of this process, the registry that gives them out, and what was looked up of them by label."""

    registry: CollectorRegistry
    requests: Counter
    durations: Histogram
    by_answer: dict[tuple[str, str, int], tuple[Counter, Histogram]] = field(
        default_factory=dict[tuple[str, str, int], tuple[Counter, Histogram]]
    )


def _make_metrics() -> _RouteMetrics:
    disable_created_metrics()  # nobody asks when a counter began
    registry = CollectorRegistry()
    labels = ("method", "route", "status")
    requests = Counter("slb_http_requests", "Requests by route and status.", labels, registry=registry)
    durations = Histogram(
        "slb_http_request_duration_seconds",
        "Time until the response started, by route.",
        ("route",),
        buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        registry=registry,
    )
    return _RouteMetrics(registry, requests, durations)


_METRICS = ProcessState(_make_metrics)


def format_answers() -> str:
    """Return what this process counted, or all workers together (`cli/serving/`), in the text form of Prometheus."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(_METRICS.value.registry).decode()
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return generate_latest(together).decode()


def count_answer(method: str, route: str, status: int, duration_s: float) -> None:
    """Count an answer that began `duration_s` after its request came."""
    metrics = _METRICS.value
    found = metrics.by_answer.get((method, route, status))
    if found is None:
        found = metrics.requests.labels(method, route, str(status)), metrics.durations.labels(route)
        metrics.by_answer[method, route, status] = found
    requests, durations = found
    requests.inc()
    durations.observe(duration_s)
