"""Write dates, times and numbers as the reader of a page does; words stay those of the page."""

import contextlib
from collections.abc import Generator
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache, lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from msgspec import Struct

USUAL: Final = "en-GB"
OFFERED: Final = (
    USUAL, "en-US", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-ZA", "ar", "bg", "ca", "cs", "cy", "da", "de",
    "de-AT", "de-CH", "el", "es", "es-MX", "et", "eu", "fi", "fr", "fr-BE", "fr-CA", "fr-CH", "gl", "he", "hi", "hr",
    "hu", "id", "is", "it", "ja", "ko", "lt", "lv", "nb", "nl", "nl-BE", "pl", "pt-BR", "pt-PT", "ro", "ru", "sk",
    "sl", "sr", "sv", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
)  # fmt: skip
"""The locales that are offered; of several of one language the first stands for it."""

_LANGUAGES = {tag.split("-")[0]: tag for tag in reversed(OFFERED)}
_OTHER_NAMES = {"no": "nb", "zh-hant": "zh-TW", "zh-hk": "zh-TW"}
_BY_NAME = _LANGUAGES | _OTHER_NAMES | {tag.lower(): tag for tag in OFFERED}
_MOST_LANGUAGES = 20
_HALF_A_YEAR = 6  # months


class LocalFormat(Struct, frozen=True):
    """How a reader writes: in the time zone `zone` (its IANA name) and the `locale`, one of OFFERED."""

    zone: str = "UTC"
    locale: str = USUAL

    @property
    def tzinfo(self) -> tzinfo:
        """Return the time zone itself; UTC needs no data of time zones on this machine."""
        return UTC if self.zone == "UTC" else ZoneInfo(self.zone)


# Templates' macros are made once for all pages and see no page's own names, so what they call has to know the reader
# by another way. A page is rendered in one go: no other reader's comes in between, and a thread has a context of its
# own.
_READER: ContextVar[LocalFormat] = ContextVar("reader", default=LocalFormat())  # noqa: B039 (frozen)


@contextlib.contextmanager
def write_for(reader: LocalFormat) -> Generator[None]:
    """Let what is called meanwhile write for `reader`; nothing may be awaited meanwhile."""
    token = _READER.set(reader)
    try:
        yield
    finally:
        _READER.reset(token)


def get_reader() -> LocalFormat:
    """Return for whom is written: what is kept of a text has to be kept under it."""
    return _READER.get()


@lru_cache(1024)
def choose_locale(locale: str | None, accept_language: str) -> str:
    """Return `locale` if it is offered, else the one that a browser's Accept-Language header asks for first."""
    if locale in OFFERED:
        return locale
    for tag in _parse_languages(accept_language):
        words = tag.split("-")
        for length in range(len(words), 0, -1):
            if found := _BY_NAME.get("-".join(words[:length])):
                return found
    return USUAL


def _parse_languages(accept_language: str) -> list[str]:
    """Return the languages of the header, the one liked best first."""
    liked: list[tuple[float, str]] = []
    for one in accept_language.lower().split(",")[:_MOST_LANGUAGES]:
        tag, _, quality = one.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if weight > 0:
            liked.append((-weight, tag.strip()))
    return [tag for _, tag in sorted(liked, key=lambda pair: pair[0])]


@cache
def list_names() -> dict[str, str]:
    """Return the offered locales with their English names, in the order of these."""
    named = {tag: _parse_locale(tag).get_display_name("en") or tag for tag in OFFERED}
    return dict(sorted(named.items(), key=lambda pair: pair[1]))


def compute_today(now: datetime) -> date:
    """Return the day that it is for the reader."""
    return now.astimezone(_READER.get().tzinfo).date()


def format_day(on: date, now: datetime | None = None) -> str:
    """Write a day, or that of a time, for the reader: `4 Nov 2026`; without the year if it is that of `now`."""
    there = _convert_day(on)
    is_near = now is not None and there.year == compute_today(now).year
    return _format_by_skeleton(there, "MMMd" if is_near else "yMMMd", _READER.get().locale)


def format_month(on: date, *, with_year: bool = True) -> str:
    """Write the month of a day: `Nov 2026`, or `Nov`."""
    if with_year:
        return _format_by_skeleton(_convert_day(on), "yMMM", _READER.get().locale)
    return _format_by_pattern(_convert_day(on), "MMM", _READER.get().locale)


def format_plan_date(on: date, resolution: str | None, now: datetime | None = None) -> str:
    """Write a date of a plan as exactly as it is meant: `Dec 2026`, `Q4 2026`, `H2 2026`, `2026`, else as a day."""
    match resolution:
        case "month":
            return format_month(on)
        case "quarter":
            return _format_by_skeleton(on, "yQQQ", _READER.get().locale)
        case "halfYear":
            return f"H{1 if on.month <= _HALF_A_YEAR else 2} {_format_by_pattern(on, 'y', _READER.get().locale)}"
        case "year":
            return _format_by_pattern(on, "y", _READER.get().locale)
        case _:
            return format_day(on, now)


def format_weekday(on: date) -> str:
    """Write the day of the week: `Wednesday`."""
    return _format_by_pattern(_convert_day(on), "EEEE", _READER.get().locale)


def format_clock(at: datetime, *, with_zone: bool = False) -> str:
    """Write the time of the day for the reader: `14:02`; with the zone where it may not be their own: `14:02 UTC`."""
    reader = _READER.get()
    there = at.astimezone(reader.tzinfo)
    said = _format_time_of_day(there.time().replace(second=0, microsecond=0), "short", reader.locale)
    return f"{said} UTC" if with_zone and reader.zone == "UTC" else said


def format_exact(at: datetime, *, seconds: bool = False) -> str:
    """Write a time with all that there is to know: `4 Nov 2026, 14:02 CET`."""
    reader = _READER.get()
    there = at.astimezone(reader.tzinfo)
    o_clock = there.time().replace(second=there.second if seconds else 0, microsecond=0)
    parts = {
        "{1}": _format_by_skeleton(there.date(), "yMMMd", reader.locale),
        "{0}": _format_time_of_day(o_clock, "medium" if seconds else "short", reader.locale),
    }
    said = _read_pattern(reader.locale)
    for place, part in parts.items():
        said = said.replace(place, part)
    return f"{said} {there.tzname()}"


@lru_cache(maxsize=4096)
def _format_cached_number(value: float, locale: str) -> str:
    return format_decimal(value, locale=_parse_locale(locale))


def format_number(value: float) -> str:
    """Write a number for the reader: `1,234.5`."""
    return _format_cached_number(value, _READER.get().locale)


def _convert_day(on: date) -> date:
    return on.astimezone(_READER.get().tzinfo).date() if isinstance(on, datetime) else on


@cache
def _parse_locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")


@lru_cache(maxsize=4096)
def _format_by_skeleton(on: date, skeleton: str, locale: str) -> str:
    return format_skeleton(skeleton, datetime.combine(on, time.min), locale=_parse_locale(locale))


@lru_cache(maxsize=4096)
def _format_by_pattern(on: date, pattern: str, locale: str) -> str:
    return format_date(on, pattern, locale=_parse_locale(locale))


@lru_cache(maxsize=4096)
def _format_time_of_day(at: time, width: Literal["short", "medium"], locale: str) -> str:
    return format_time(at, width, locale=_parse_locale(locale))


@cache
def _read_pattern(locale: str) -> str:
    return str(_parse_locale(locale).datetime_formats["medium"])
