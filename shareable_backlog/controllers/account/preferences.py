"""Answer `POST /account/preferences`: how a person likes the pages."""

import asyncio

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.services.account import preferences
from shareable_backlog.web import params
from shareable_backlog.web.pages import locales


class PreferencesForm(Struct, frozen=True, kw_only=True):
    """What a person chooses; "" undoes a choice, and what is not there stays as it was."""

    theme: str | UnsetType = UNSET
    density: str | UnsetType = UNSET
    shortcuts: str | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    columns: tuple[str, ...] = ()


class PreferencesContext(Struct, frozen=True):
    """What the page of the account offers to choose from."""

    time_zones: tuple[str, ...]
    locales: dict[str, str]


async def save_preferences(request: Request, form: PreferencesForm) -> Response:
    """Save what the form gives, and show the account in its light."""
    await preferences.save_preferences(auth.require_user(request).user_id, params.write(form))
    return RedirectResponse("/account?notice=preferences#preferences", 303)


async def list_choices() -> PreferencesContext:
    """Return what the page of the account offers to choose from."""
    # At first some hundred files are looked through, which must not hold up other readers.
    time_zones = await asyncio.to_thread(preferences.list_time_zones)
    return PreferencesContext(time_zones, locales.list_names())
