"""Tell whether the process lives, whether it is ready, and how the database is; never waits for any of them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from shareable_backlog import clock, database, stop
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.services import readiness

_NOT_ASKED_YET = "The database hasn't been checked yet."


async def show_liveness(_request: Request) -> Response:
    """Answer that the process lives; touches nothing."""
    return PlainTextResponse("ok\n")


async def show_readiness(_request: Request) -> Response:
    """Answer 200 when pages can be served, else 503 with the reason; that Linear's news are late is no reason.

    A server that was told to stop says so here first, and serves for a while, so that a proxy can go elsewhere.
    """
    if stop.is_stopping():
        return JSONResponse({"status": "stopping", "error": "This server was told to stop."}, 503)
    test = database.read_last_connection_test()
    problem = schema_watch.find_problem()
    if test is None or not test.connected:
        error = _NOT_ASKED_YET if test is None else test.error
        return JSONResponse({"status": "unavailable", "db": "down", "error": error}, 503)
    if problem is not None:
        return JSONResponse({"status": "unavailable", "db": "up", "error": problem}, 503)
    degraded = {"degraded": "linear"} if readiness.is_mirror_late() else {}
    if test.is_read_only:
        degraded = {"degraded": "database: it accepts no writes"}
    return JSONResponse({"status": "ok", "db": "up", **degraded})


async def show_health(_request: Request) -> Response:
    """Answer 200 always, with the database's state as the probe last saw it, a second ago at most."""
    test = database.read_last_connection_test()
    state: dict[str, Any]
    if test is not None and test.connected:
        state = {"connected": True, "latencyMs": test.latency_ms}
    else:
        state = {"connected": False, "error": _NOT_ASKED_YET if test is None else test.error}
    now = clock.read_time().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return JSONResponse({"status": "ok", "timestamp": now, "database": state})
