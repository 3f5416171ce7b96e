"""Answer `/metrics`: numbers for a monitoring system, without anybody's name."""

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import BacklogError
from shareable_backlog.services import overview
from shareable_backlog.services.overview import Numbers
from shareable_backlog.web import network, request_metrics


async def show(request: Request) -> Response:
    """Answer the numbers to whom METRICS_NETWORKS names; for all others there is nothing here.

    While the database is away its numbers are left out, and `slb_database_up` says so.
    """
    _require_allowed(request)
    numbers: Numbers | None = None
    if overview.is_database_up():
        try:
            numbers = await overview.numbers(auth.access(request).limits)
        except BacklogError:
            numbers = None
    now_registry = CollectorRegistry()
    now_registry.register(_Now(numbers))
    text = generate_latest(request_metrics.REGISTRY) + generate_latest(now_registry)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _require_allowed(request: Request) -> None:
    """Raise HTTPException unless the client's own address may read the numbers."""
    client: str | None = request.state.client
    allowed = auth.access(request).settings.metrics_networks
    if client is None or not network.is_within(ipaddress.ip_address(client), allowed):
        raise HTTPException(404)


class _Now(Collector):
    """Be the numbers that are asked for only when somebody wants them."""

    def __init__(self, numbers: Numbers | None) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        """Give them in the words of Prometheus."""
        yield _gauge("slb_database_up", "Whether the database answers.", int(self._numbers is not None))
        pool = overview.pool_numbers()
        connections = {"open": pool.open, "idle": pool.idle, "most": pool.most}
        yield _labelled("slb_database_connections", "Connections of this process's pool.", "kind", connections)
        yield _gauge("slb_database_requests_waiting", "Requests that wait for a connection.", pool.waiting)
        if self._numbers is not None:
            yield from _of_product(self._numbers)


def _of_product(numbers: Numbers) -> Iterator[Metric]:
    if numbers.last_good_at is not None:
        age_s = (datetime.now(UTC) - numbers.last_good_at).total_seconds()
        yield _gauge("slb_mirror_age_seconds", "Time since the mirror was last brought up to date.", age_s)
    yield _gauge("slb_mirror_items", "Items of the mirror that have not gone from Linear.", numbers.items)
    yield _labelled("slb_webhook_deliveries", "Deliveries of the last week.", "outcome", numbers.deliveries)
    yield _gauge("slb_sessions", "Sessions that are good for something.", numbers.sessions)
    yield _labelled("slb_people", "People by state.", "state", {"pending": 0, **numbers.people})


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value)


def _labelled(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
