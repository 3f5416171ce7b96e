"""Show whoever develops what each page asks of PostgreSQL; only `slb serve --dev` has it."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shareable_backlog import tracing
from shareable_backlog.config.values import is_loopback
from shareable_backlog.tracing import Trace, TracedStatement
from shareable_backlog.web.pages import rendering

Explain: TypeAlias = Callable[[TracedStatement], Awaitable[str]]

# What is compressed can't be added to, and a page that the browser has kept shows the statements of then.
_DROPPED = (b"accept-encoding", b"if-none-match")
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class StatementsContext(Struct, frozen=True):
    """What a request asked of PostgreSQL: each statement with its text to read and its plan."""

    trace: Trace
    statements: list[tuple[TracedStatement, str, str]]


class DevPanel:
    """Wrap an ASGI application: its answers say in Server-Timing how many statements they took, and how long.

    Pages for an admin on this machine end with the statements, their rows, times and plans, never their parameters.
    """

    def __init__(self, app: ASGIApp, explain: Explain) -> None:
        self._app = app
        self._explain = explain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # In place, as those outside look for the route in this very scope.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in _DROPPED]
        with tracing.trace_statements() as trace:
            await self._app(scope, receive, _HeldAnswer(scope, send, trace, self._explain).pass_on)


class _HeldAnswer:
    """An answer on its way: a page is held back until it is whole."""

    def __init__(self, scope: Scope, send: Send, trace: Trace, explain: Explain) -> None:
        self._scope, self._send, self._trace, self._explain = scope, send, trace, explain
        self._began_s = perf_counter()
        self._start: Message | None = None
        self._body = b""

    async def pass_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            headers["Server-Timing"] = self._write_timing()
            if headers.get("content-type", "").startswith("text/html") and _may_see(self._scope):
                self._start = message
                return
            tracing.stop_tracing()
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            message = await self._finish(self._start)
        await self._send(message)

    def _write_timing(self) -> str:
        count = len(self._trace.statements)
        total_ms = (perf_counter() - self._began_s) * 1000
        database = f'db;desc="{count} statement{"" if count == 1 else "s"}";dur={self._trace.duration_ms:.1f}'
        kept = ', kept;desc="results of an earlier request"' if self._trace.kept else ""
        return f"{database}{kept}, total;dur={total_ms:.1f}"

    async def _finish(self, start: Message) -> Message:
        """Send the beginning of a page, and return the rest with the panel in it."""
        statements = tuple(self._trace.statements)
        lines = [(one, _write_sql(one.sql), await self._explain(one)) for one in statements]
        panel = rendering.render_part("shared/_statements.html", StatementsContext(self._trace, lines)).encode()
        # In the footer, as our script puts that in place together with the rest of a page.
        before, end, after = self._body.rpartition(b"</footer>")
        body = before + panel + end + after
        MutableHeaders(raw=start["headers"])["Content-Length"] = str(len(body))
        await self._send(start)
        return {"type": "http.response.body", "body": body}


def _may_see(scope: Scope) -> bool:
    """Return whether an admin asks from this machine itself, with nothing in between that speaks for others."""
    state: dict[str, Any] = scope.get("state", {})
    visitor = state.get("visitor")
    headers = Headers(scope=scope)
    addresses = (
        scope["client"] and scope["client"][0],
        state.get("client"),
        urlsplit(f"//{headers['host']}").hostname,
    )
    return (
        scope["method"] in {"GET", "POST"}
        and visitor is not None
        and visitor.is_admin
        and visitor.state == "active"
        and all(is_loopback(address or "") for address in addresses)
        and not any(name in headers for name in _FORWARDED)
    )


def _write_sql(sql: Any) -> str:  # noqa: ANN401 (whatever the driver takes)
    """Return a statement as it stands in the code, without the indent that it has there."""
    text: str = sql if isinstance(sql, str) else sql.as_string(None)
    lines = [line for line in text.splitlines() if line.strip()]
    indent = min((len(line) - len(line.lstrip()) for line in lines[1:]), default=0)
    return "\n".join([lines[0].strip(), *(line[indent:] for line in lines[1:])])
