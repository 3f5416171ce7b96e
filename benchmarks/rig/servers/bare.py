"""Be the least that sends a page to somebody known: Starlette, the statement that finds out who asks, and the bytes.

`python -m benchmarks.rig.servers.bare PAGE`, with the page as gzip in that file. Whoever names a tag has the page.
"""

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import psycopg
import uvicorn
from psycopg.rows import class_row
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from shareable_backlog.database.access import page_users
from shareable_backlog.database.access.page_users import SignedInUserRow
from shareable_backlog.database.mirror.freshness import SAMPLE_PREFIX
from shareable_backlog.services.access.sessions import hash_token
from tests.support.signed_in import cookies

_FIND_BY_TOKEN = page_users._FIND_BY_TOKEN  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (as pages send it)
[_COOKIE] = cookies("bob")


def _build_app(page: bytes) -> Starlette:
    kept: list[psycopg.AsyncConnection] = []

    @asynccontextmanager
    async def connect(_app: Starlette) -> AsyncGenerator[None]:
        async with await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            kept.append(connection)
            yield

    async def send(request: Request) -> Response:
        cursor = kept[0].cursor(row_factory=class_row(SignedInUserRow))
        token_hash = hash_token(request.cookies.get(_COOKIE, ""))
        limits = {"idle_hours": 72, "max_days": 30, "sample": SAMPLE_PREFIX}
        await cursor.execute(_FIND_BY_TOKEN, {"token_hash": token_hash, **limits}, prepare=True)
        if await cursor.fetchone() is None:
            return PlainTextResponse("", HTTPStatus.UNAUTHORIZED)
        headers = {"ETag": '"the page"'}
        if "if-none-match" in request.headers:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return HTMLResponse(page, headers={**headers, "Content-Encoding": "gzip"})

    async def tell_ready(_request: Request) -> Response:
        return PlainTextResponse("")

    return Starlette(routes=[Route("/readyz", tell_ready), Route("/", send)], lifespan=connect)


if __name__ == "__main__":
    app = _build_app(Path(sys.argv[1]).read_bytes())
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning", access_log=False)
