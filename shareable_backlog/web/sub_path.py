"""Serve the backlog below a path of its host, where BASE_URL has one.

Within the program every path is as at the host's root; on the way to a browser `add_sub_path` puts that path before
it, in one place for each kind of address: `Location` here, those of pages in `web/pages/own_addresses.py`.
"""

import contextlib
from collections.abc import Generator
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SUB_PATH: ContextVar[str] = ContextVar("sub_path", default="")


def get_sub_path() -> str:
    """Return the path below which the backlog is served, such as `/backlog`; empty at the host's root."""
    return _SUB_PATH.get()


@contextlib.contextmanager
def serve_below(sub_path: str) -> Generator[None]:
    """Let what is called meanwhile be served below `sub_path`."""
    token = _SUB_PATH.set(sub_path)
    try:
        yield
    finally:
        _SUB_PATH.reset(token)


def add_sub_path(address: str) -> str:
    """Return what leads a browser to a path of ours; any other address, such as another host's, stays as it is."""
    return f"{_SUB_PATH.get()}{address}" if address.startswith("/") and not address.startswith("//") else address


def drop_sub_path(path: str) -> str:
    """Return the path of ours that a browser's `path` leads to, also if a proxy has taken the beginning off it."""
    sub_path = _SUB_PATH.get()
    return path.removeprefix(sub_path) or "/" if f"{path}/".startswith(f"{sub_path}/") else path


class SubPath:
    """Wrap an ASGI application that knows nothing of the path below which it is served.

    Proxies either take `sub_path` off what they pass on or leave it: both are understood.
    """

    def __init__(self, app: ASGIApp, sub_path: str) -> None:
        self._app, self._sub_path = app, sub_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without the path, and lead its answer's redirect below it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_below(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if location := headers.get("location"):
                    headers["Location"] = add_sub_path(location)
            await send(message)

        with serve_below(self._sub_path):
            path: str = scope["path"]
            if path == self._sub_path and scope["method"] in {"GET", "HEAD"}:  # cookies of scripts begin at its slash
                query: str = scope["query_string"].decode("latin-1")
                answer = RedirectResponse(f"/?{query}" if query else "/", 307)
                await answer(scope, receive, send_below)
            else:
                await self._app({**scope, "path": drop_sub_path(path)}, receive, send_below)
