"""Answer `/admin/settings`: what admins choose for the whole place."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.config import format_settings
from shareable_backlog.controllers.access import auth
from shareable_backlog.services import meetings, settings
from shareable_backlog.services.account import published_views
from shareable_backlog.services.account.published_views import PublishedView
from shareable_backlog.services.settings import RANK_ORDERS, WEEKDAYS, LabelGroup, PlaceSettings, RankOrder
from shareable_backlog.vocabulary import PageName
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


class StartForm(Struct, frozen=True, kw_only=True):
    """With which published view the backlog opens for a group, or for everybody."""

    version: Id
    group: Id | None = None
    view: Id | None = None


class IntervalForm(Struct, frozen=True, kw_only=True):
    """How many minutes after a run the next one comes."""

    version: Id
    minutes: Annotated[int, Meta(ge=1, le=1440, description="The time between runs is 1 to 1440 minutes.")] | None = (
        None
    )


class MatrixForm(Struct, frozen=True, kw_only=True):
    """By which group of labels the matrix shows importance, "" by priority."""

    version: Id
    label_group: Text = ""


class SwitchesForm(Struct, frozen=True, kw_only=True):
    """The pages that are switched on."""

    version: Id
    page: tuple[PageName, ...] = ()


class SettingsContext(Struct, frozen=True, kw_only=True):
    """The page of the settings; `last_meeting` and `next_meeting` are what the settings make of today."""

    settings: PlaceSettings
    rank_orders: Sequence[tuple[RankOrder, str]]
    weekdays: Sequence[str]
    today: date
    last_meeting: date | None
    next_meeting: date | None
    accent: tuple[str, str] | None
    """The place's colour as it is read on light and on dark pages."""
    starts: Sequence[tuple[int | str, str, int | None]]
    """For whom the backlog opens with which view: for everybody, and for each group by its id."""
    published: Sequence[PublishedView]
    label_groups: Sequence[LabelGroup]
    interval_s: int
    is_interval_given: bool
    """Whether the environment says it, so that it can't be changed here."""
    operators: Sequence[tuple[str, str]]
    """What else operators have set in the environment, secrets masked."""


async def show_settings(request: Request) -> Response:
    """Show the settings, each part with the form that changes it."""
    current, today, config = await settings.read_settings(), _read_today(request), auth.read_config(request).settings
    context = SettingsContext(
        settings=current,
        rank_orders=list(RANK_ORDERS.items()),
        weekdays=WEEKDAYS,
        today=today,
        last_meeting=meetings.find_last_meeting(current, today),
        next_meeting=meetings.find_next_meeting(current, today),
        starts=[
            ("", "Everybody", current.start_view_id),
            *((one.id, one.name, one.start_view_id) for one in await settings.list_starts()),
        ],
        published=[one.view for one in await published_views.list_views()],
        label_groups=await settings.list_label_groups(),
        interval_s=await settings.choose_sync_interval_s(config),
        is_interval_given="SYNC_INTERVAL_S" in config.given,
        operators=[(name, value) for name, value in format_settings(config).items() if name in config.given],
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


async def save_start(request: Request, form: StartForm) -> Response:
    """Save with which view the backlog opens."""
    await settings.save_start(auth.read_actor(request), form.version, form.group, form.view)
    return RedirectResponse("/admin/settings?notice=saved", 303)


async def save_matrix(request: Request, form: MatrixForm) -> Response:
    """Save by what the matrix shows importance."""
    await settings.save_matrix(auth.read_actor(request), form.version, form.label_group or None)
    return RedirectResponse("/admin/settings?notice=saved", 303)


async def save_sync(request: Request, form: IntervalForm) -> Response:
    """Save how often the mirror is brought up to date."""
    await settings.save_sync(auth.read_actor(request), form.version, form.minutes and form.minutes * 60)
    return RedirectResponse("/admin/settings?notice=saved", 303)


async def save_pages(request: Request, form: SwitchesForm) -> Response:
    """Save what is switched on."""
    await settings.save_pages(auth.read_actor(request), form.version, form.page)
    return RedirectResponse("/admin/settings?notice=saved", 303)


def _read_today(request: Request) -> date:
    """Return the day that it is for whoever asks."""
    return clock.read_time().astimezone(auth.read_local_format(request).tzinfo).date()
