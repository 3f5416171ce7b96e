"""Answer `/admin/settings`: what admins choose for the whole place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.services import meetings, settings
from shareable_backlog.services.settings import RANK_ORDERS, WEEKDAYS, PlaceSettings, RankOrder
from shareable_backlog.web import forms
from shareable_backlog.web.fields import Day, Id, Text, Ticked
from shareable_backlog.web.pages import colors


class MeetingForm(Struct, frozen=True, kw_only=True):
    """How items are ranked and when the meeting is, and which `version` of the settings that changes."""

    version: Id
    rank_order: RankOrder
    weekday: Annotated[int, Meta(ge=1, le=7)] | None = None
    first_day: Day
    last_day: Day | None = None


class PlaceForm(Struct, frozen=True, kw_only=True):
    """What the place is called and how it looks, and which `version` of the settings that changes.

    `has_color` is ticked for the chosen colour, `drop_logo` to go without a logo; the logo itself is a file.
    """

    version: Id
    name: Text = ""
    color: Text = ""
    has_color: Ticked = False
    drop_logo: Ticked = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsContext:
    """The page of the settings; `last_meeting` and `next_meeting` are what the settings make of today."""

    settings: PlaceSettings
    rank_orders: Sequence[tuple[RankOrder, str]]
    weekdays: Sequence[str]
    today: date
    last_meeting: date | None
    next_meeting: date | None
    accent: tuple[str, str] | None
    """The place's colour as it is read on light and on dark pages."""


async def show_settings(request: Request) -> Response:
    """Show the settings, each part with the form that changes it."""
    current, today = await settings.read_settings(), _read_today(request)
    context = SettingsContext(
        settings=current,
        rank_orders=list(RANK_ORDERS.items()),
        weekdays=WEEKDAYS,
        today=today,
        last_meeting=meetings.find_last_meeting(current, today),
        next_meeting=meetings.find_next_meeting(current, today),
        accent=colors.tone_accent(current.place_color) if current.place_color else None,
    )
    return auth.render_page(request, "settings/settings.html", context)


async def save_meeting(request: Request, form: MeetingForm) -> Response:
    """Save how items are ranked and when the meeting is."""
    await settings.save_meeting(
        auth.read_actor(request),
        form.version,
        _read_today(request),
        rank_order=form.rank_order,
        weekday=form.weekday,
        first_day=form.first_day,
        last_day=form.last_day,
    )
    return RedirectResponse("/admin/settings?notice=saved", 303)


async def save_place(request: Request, form: PlaceForm) -> Response:
    """Save what the place is called and how it looks."""
    await settings.save_place(
        auth.read_actor(request),
        form.version,
        name=form.name,
        color=form.color if form.has_color else None,
        upload=forms.get_file(request, "logo"),
        drops_logo=form.drop_logo,
    )
    return RedirectResponse("/admin/settings?notice=saved", 303)


def _read_today(request: Request) -> date:
    """Return the day that it is for whoever asks."""
    return clock.read_time().astimezone(auth.read_local_format(request).tzinfo).date()
