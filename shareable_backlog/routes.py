"""List every URL of the product: method, path, handler, and who may ask."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Literal, TypeAlias

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers import backlog, health, images, items, webhooks
from shareable_backlog.services import readiness
from shareable_backlog.web import assets

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """Be one line of the table. "viewer" is whoever reaches the server, which listens on loopback alone.

    "signer" is whoever signs with a secret that only Linear knows.
    """

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    who: Literal["anyone", "viewer", "signer"]


ROUTES = (
    Route("GET", "/healthz", health.healthz, "anyone"),
    Route("GET", "/readyz", health.readyz, "anyone"),
    Route("GET", "/api/health", health.api_health, "anyone"),
    Route("GET", "/static/{path:path}", assets.static_file, "anyone"),
    Route("GET", "/", backlog.list_items, "viewer"),
    Route("GET", "/items/{identifier}", items.show_item, "viewer"),
    Route("GET", "/items/{identifier}/images/{name}", images.show_image, "viewer"),
    Route("POST", "/webhooks/linear", webhooks.linear, "signer"),
)


def add_to(app: FastAPI) -> None:
    """Give `app` every route of the table."""
    for route in ROUTES:
        handler = route.handler if route.who == "anyone" else _with_right_schema(route.handler)
        app.add_route(route.path, handler, methods=[route.method])


def _with_right_schema(handler: Handler) -> Handler:
    """Refuse at once while the schema is wrong, in words that say what to do."""

    @wraps(handler)
    async def checked(request: Request) -> Response:
        readiness.require_schema()
        return await handler(request)

    return checked
