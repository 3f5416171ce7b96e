"""Find the days of the meeting in which the units decide what comes first."""

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec.structs import replace

from shareable_backlog.database.settings import PlaceSettings

_RHYTHM = timedelta(weeks=2)


def find_last_meeting(settings: PlaceSettings, today: date) -> date | None:
    """Return the day of the last meeting before `today`, the reader's day; None when there was none yet.

    A meeting today is still under way, and what is new since the last one is what it is about: so it counts from
    tomorrow. A day that an admin pinned counts instead for as long as it is pinned, today's too.
    """
    pinned = settings.last_meeting_day
    if pinned is not None and pinned <= today:
        return pinned
    first = _find_first_meeting(settings)
    if first is None or first >= today:
        return None
    return first + (today - timedelta(days=1) - first) // _RHYTHM * _RHYTHM


def iterate_past_meetings(settings: PlaceSettings, today: date) -> Iterator[date]:
    """Yield the days of the last meeting and of those before it, the last first."""
    regular, day = replace(settings, last_meeting_day=None), find_last_meeting(settings, today)
    while day is not None:
        yield day
        day = find_last_meeting(regular, day)


def find_next_meeting(settings: PlaceSettings, today: date) -> date | None:
    """Return the day of the next regular meeting, which may be `today`; None when there is no regular one."""
    first = _find_first_meeting(settings)
    return first if first is None or first >= today else first - (first - today) // _RHYTHM * _RHYTHM


def _find_first_meeting(settings: PlaceSettings) -> date | None:
    if settings.meeting_weekday is None:
        return None
    days = (settings.meeting_weekday - settings.meeting_first_day.isoweekday()) % 7
    return settings.meeting_first_day + timedelta(days=days)
