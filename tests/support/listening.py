"""Serve an application by a protocol of ours, on a real port of this machine."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def run_protocol(
    app: ASGIApp, protocol: type[asyncio.Protocol], *, most_connections: int | None = None
) -> AsyncGenerator[int]:
    """Yield the port at which `app` answers."""
    config = uvicorn.Config(
        app,
        port=0,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        limit_concurrency=most_connections,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving
