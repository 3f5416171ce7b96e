"""Give each request an id, and log and count its answer: a line a request, without a word that a visitor wrote."""

import re
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shareable_backlog import logs
from shareable_backlog.config import Network
from shareable_backlog.tracing import spans
from shareable_backlog.web import network, request_metrics

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_LOG = logs.get_logger(__name__)

_METHODS = frozenset({"GET", "HEAD", "POST"})
_HEADER = b"x-request-id"
_ID_BYTES = 8
_GIVEN_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,63}")
"""What proxies call requests: UUIDs, nginx's hexadecimal digits, Amazon's trace ids and the like."""
_TRACE_PARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class RequestLog:
    """Wrap an ASGI application: each request has an id, which its answer names and every event in the log has.

    It is the X-Request-Id of a proxy in `proxies`, where that is one of up to 64 usual characters, else a new one.
    """

    def __init__(self, app: ASGIApp, proxies: Sequence[Network]) -> None:
        self._app, self._proxies = app, proxies
        self._paths = dict[object, str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, count its answer when that begins, and log it when it has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        request_id = _choose_id(scope, self._proxies)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route, status, size, began_s = "none", None, 0, perf_counter()

        async def note_and_send(message: Message) -> None:
            nonlocal route, status, size
            if message["type"] == "http.response.start":
                route, status = self._find_route_path(scope), message["status"]
                message["headers"] = [*message["headers"], (_HEADER, request_id.encode())]
                request_metrics.count_answer(method, route, status, perf_counter() - began_s)
            else:
                size += len(message.get("body", b""))
            await send(message)

        parent = _read_trace_parent(scope, self._proxies)
        with logs.log_with(request_id=request_id), spans.open_span(method, "SERVER", parent) as span:
            try:
                await self._app(scope, receive, note_and_send)
            finally:
                if span is not None:
                    _describe_span(span, request_id, method, route, status)
                user = state.get("visitor")
                values = {
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round((perf_counter() - began_s) * 1000, 1),
                    "bytes": size,
                    "user_id": user and user.user_id,
                }
                _LOG.log_plain("request", values)

    def _find_route_path(self, scope: Scope) -> str:
        """Return the path of the route as the table of routes has it; "none" for what came to no route."""
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return "none"
        path = self._paths.get(endpoint)
        if path is None:
            routes: list[BaseRoute] = scope["router"].routes
            found = (route.path for route in routes if isinstance(route, Route) and route.endpoint is endpoint)
            path = self._paths[endpoint] = next(found, "none")
        return path


def _describe_span(span: "Span", request_id: str, method: str, route: str, status: int | None) -> None:
    span.update_name(f"{method} {route}")
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.route", route)
    span.set_attribute("slb.request_id", request_id)
    if status is not None:
        span.set_attribute("http.response.status_code", status)
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        spans.mark_failed(span)


def _choose_id(scope: Scope, proxies: Sequence[Network]) -> str:
    return _read_proxy_header(scope, proxies, _HEADER, _GIVEN_ID) or secrets.token_hex(_ID_BYTES)


def _read_trace_parent(scope: Scope, proxies: Sequence[Network]) -> str | None:
    """Return the trace that a trusted proxy has begun for the request; the SDK reads no other form of it, either."""
    return _read_proxy_header(scope, proxies, b"traceparent", _TRACE_PARENT)


def _read_proxy_header(
    scope: Scope, proxies: Sequence[Network], header: bytes, form: re.Pattern[bytes]
) -> str | None:
    given = [value for name, value in scope["headers"] if name == header]
    if len(given) == 1 and form.fullmatch(given[0]) and network.is_trusted_peer(Request(scope), proxies):
        return given[0].decode("ascii")
    return None
