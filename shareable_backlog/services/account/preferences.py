"""Keep what each person chooses for themselves: how pages look, and how dates and numbers are written."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Final, Literal, TypeAlias, TypeVar, get_args
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from shareable_backlog.database.account import user_preferences
from shareable_backlog.database.account.user_preferences import StoredPreferences
from shareable_backlog.errors import InvalidInput
from shareable_backlog.vocabulary import COLUMNS, USUAL_COLUMNS, ColumnName

Theme: TypeAlias = Literal["system", "light", "dark"]
Density: TypeAlias = Literal["comfortable", "compact"]
Shortcuts: TypeAlias = Literal["on", "off"]
"""Whether single keys do anything (WCAG 2.1.4): those who speak to their computer may not want them to."""
T = TypeVar("T", bound=str)

THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
DENSITIES: Final[tuple[Density, ...]] = get_args(Density)
SHORTCUTS: Final[tuple[Shortcuts, ...]] = get_args(Shortcuts)
UTC: Final = "UTC"
_REGIONS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
    "Pacific/",
)  # fmt: skip
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class Preferences(Struct, frozen=True):
    """What a person chose, or what goes without choosing.

    `time_zone` is an IANA name that this machine knows. It and `locale` are None as long as the browser's counts.
    """

    theme: Theme = "system"
    density: Density = "comfortable"
    time_zone: str | None = None
    locale: str | None = None
    columns: tuple[ColumnName, ...] = USUAL_COLUMNS
    shortcuts: Shortcuts = "on"


@cache
def list_time_zones() -> tuple[str, ...]:
    """Return the names of the time zones to choose from; the first time this looks through some hundred files."""
    return (UTC, *sorted(name for name in available_timezones() if name.startswith(_REGIONS)))


def parse_preferences(stored: StoredPreferences) -> Preferences:
    """Return a person's preferences; of what stands there and has no meaning, each goes back to what is usual."""
    return Preferences(
        _find_known(THEMES, stored.theme) or "system",
        _find_known(DENSITIES, stored.density) or "comfortable",
        stored.time_zone if stored.time_zone and is_time_zone(stored.time_zone) else None,
        stored.locale if stored.locale and _is_locale(stored.locale) else None,
        _parse_columns(stored.columns),
        _find_known(SHORTCUTS, stored.shortcuts) or "on",
    )


async def save_preferences(user_id: int, fields: Sequence[tuple[str, str]]) -> None:
    """Save what a form gives of a person's preferences and leave the others; an empty value undoes a choice.

    `columns` may come several times, and empty for none. Raises InvalidInput, and then saves nothing.
    """
    chosen = {name: value or None for name, value in fields if name in _IS_KNOWN}
    if any(value and not _IS_KNOWN[name](value) for name, value in chosen.items()):
        raise InvalidInput(
            "That can't be chosen, so nothing was saved. Reload the page and choose from what it offers."
        )
    columns = {value for name, value in fields if name == "columns"}
    shown = {"columns": [one for one in COLUMNS if one in columns]} if columns else {}
    if chosen or shown:
        await user_preferences.merge_preferences(user_id, chosen | shown)


def _find_known(known: Iterable[T], value: str | None) -> T | None:
    return next((one for one in known if one == value), None)


def _parse_columns(stored: object) -> tuple[ColumnName, ...]:
    """Return the columns of a stored list in their order; the usual ones if it is none, or has no known column."""
    if not isinstance(stored, list):
        return USUAL_COLUMNS
    columns: tuple[ColumnName, ...] = tuple(one for one in COLUMNS if one in stored)
    return columns if columns or not stored else USUAL_COLUMNS


def is_time_zone(name: str) -> bool:
    """Return whether `name`, which may be anything, is a time zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; not relative, or not ASCII; a folder, or too long for a file
        return name == UTC
    return True


def _is_locale(tag: str) -> bool:
    return _LOCALE.fullmatch(tag) is not None


_IS_KNOWN: dict[str, Callable[[str], bool]] = {
    "theme": lambda value: value in THEMES,
    "density": lambda value: value in DENSITIES,
    "shortcuts": lambda value: value in SHORTCUTS,
    "time_zone": is_time_zone,
    "locale": _is_locale,
}
