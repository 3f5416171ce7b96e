"""Measure how many requests there are and how long they take, by route; no label holds what a visitor wrote."""

import os
from dataclasses import dataclass
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shareable_backlog.process_state import ProcessState

_METHODS = frozenset({"GET", "HEAD", "POST"})


@dataclass(frozen=True, slots=True)
class _RouteMetrics:
    """The numbers of this process, and the registry that gives them out."""

    registry: CollectorRegistry
    requests: Counter
    durations: Histogram


def _make_metrics() -> _RouteMetrics:
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


def get_registry() -> CollectorRegistry:
    """Return the registry that holds the numbers of this process, or of all workers together (`cli/serving/`)."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return _METRICS.value.registry
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together


class RequestMetrics:
    """Wrap an ASGI application and count what it answers, refusals too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count its answer when that begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = perf_counter()

        async def count_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = _find_route_path(scope)
                method = scope["method"] if scope["method"] in _METHODS else "other"
                metrics = _METRICS.value
                metrics.requests.labels(method, route, str(message["status"])).inc()
                metrics.durations.labels(route).observe(perf_counter() - began_s)
            await send(message)

        await self._app(scope, receive, count_and_send)


def _find_route_path(scope: Scope) -> str:
    """Return the path of the route as the table of routes has it; "none" for what came to no route."""
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return "none"
    routes: list[BaseRoute] = scope["router"].routes
    return next((route.path for route in routes if isinstance(route, Route) and route.endpoint is endpoint), "none")
