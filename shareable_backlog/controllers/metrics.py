"""Answer `/metrics`: numbers for a monitoring system, without anybody's name."""

from collections.abc import Iterator, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.services import overview
from shareable_backlog.services.overview import ProductNumbers
from shareable_backlog.web import network, request_metrics


async def show_metrics(request: Request) -> Response:
    """Answer the numbers to whom METRICS_NETWORKS names; for all others there is nothing here.

    While the database is away its numbers are left out, and `slb_database_up` says so; else each by itself when it
    can't be had.
    """
    _require_allowed(request)
    is_up = overview.is_database_up()
    numbers = await overview.read_numbers(auth.read_config(request).limits) if is_up else None
    now_registry = CollectorRegistry()
    now_registry.register(_CurrentNumbers(numbers))
    text = generate_latest(request_metrics.get_registry()) + generate_latest(now_registry)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _require_allowed(request: Request) -> None:
    """Raise HTTPException unless the client's own address may read the numbers."""
    if not network.is_from(request, auth.read_config(request).settings.metrics_networks):
        raise HTTPException(404)


class _CurrentNumbers(Collector):
    """The numbers that are asked for only when somebody wants them."""

    def __init__(self, numbers: ProductNumbers | None) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        """Yield them in the words of Prometheus."""
        yield _build_gauge("slb_database_up", "Whether the database answers.", int(self._numbers is not None))
        pool = overview.read_pool_numbers()
        connections = {"open": pool.open, "idle": pool.idle, "most": pool.limit}
        yield _build_labelled_gauge(
            "slb_database_connections", "Connections of this process's pool.", "kind", connections
        )
        yield _build_gauge("slb_database_requests_waiting", "Requests waiting for a connection.", pool.waiting)
        if self._numbers is not None:
            yield from _collect_product_numbers(self._numbers)


def _collect_product_numbers(numbers: ProductNumbers) -> Iterator[Metric]:
    if numbers.last_good_at is not None:
        age_s = (clock.read_time() - numbers.last_good_at).total_seconds()
        yield _build_gauge("slb_mirror_age_seconds", "Time since the mirror was last brought up to date.", age_s)
    if numbers.items is not None:
        yield _build_gauge("slb_mirror_items", "Items in the mirror that are still in Linear.", numbers.items)
    if numbers.deliveries is not None:
        yield _build_labelled_gauge(
            "slb_webhook_deliveries", "Deliveries in the last week.", "outcome", numbers.deliveries
        )
    if numbers.sessions is not None:
        yield _build_gauge("slb_sessions", "Sessions that are still valid.", numbers.sessions)
    if numbers.people is not None:
        yield _build_labelled_gauge("slb_people", "People by state.", "state", {"pending": 0, **numbers.people})


def _build_gauge(name: str, description: str, value: float) -> Metric:
    return GaugeMetricFamily(name, description, value)


def _build_labelled_gauge(name: str, description: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, description, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
