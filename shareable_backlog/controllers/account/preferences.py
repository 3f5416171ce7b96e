"""Answer `POST /account/preferences`: how a person likes the pages."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.services.account import preferences
from shareable_backlog.services.backlog.layouts import COLUMNS
from shareable_backlog.web.pages import locales


async def save(request: Request) -> Response:
    """Save what the form gives, and show the account in its light."""
    await preferences.save(auth.visitor(request).user_id, request.state.form.multi_items())
    return RedirectResponse("/account?notice=preferences#preferences", 303)


async def offered() -> dict[str, Any]:
    """Give what the page of the account offers to choose from."""
    # At first some hundred files are looked through, which must not hold up other readers.
    time_zones = await asyncio.to_thread(preferences.time_zones)
    return {
        "time_zones": time_zones,
        "locales": locales.names(),
        "all_columns": COLUMNS,
    }
