"""Say times and values of filters in words; what the vocabulary has no words for is said in the templates."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from markupsafe import Markup, escape

from shareable_backlog.vocabulary import FILTERS, NEWS, PRIORITIES, STATE_TYPES, FilterKind, FilterName
from shareable_backlog.web.pages import locales
from shareable_backlog.web.pages.foreign_texts import isolate_text
from shareable_backlog.web.pages.locales import LocalFormat

_WORDS: Mapping[FilterKind, Mapping[str, str]] = {"state_type": STATE_TYPES, "priority": PRIORITIES, "news": NEWS}


def describe_filter_value(value: str, field: FilterName, now: datetime | None = None) -> str:
    """Return the value of a filter in words: `started` is In progress, `7d` is in the last 7 days.

    Days are written as the reader does, without the year if it is that of `now`.
    """
    match FILTERS[field].kind:
        case "day" | "moment" as kind if value.endswith("d") and value[:-1].isdecimal():
            coming = "next" if kind == "day" else "last"
            return f"in the {coming} day" if int(value[:-1]) == 1 else f"in the {coming} {value[:-1]} days"
        case "day" | "moment":
            return _describe_days(value, now)
        case "name" if field == "cycle":
            return "Current cycle" if value.lower() == "current" else value
        case kind:
            return _WORDS.get(kind, {}).get(value, value)


def _describe_days(value: str, now: datetime | None) -> str:
    """Return a day or a span of days in words, an open end of which is empty; `today` and the like stay."""
    first, *rest = (format_iso(day, now) for day in value.split(".."))
    last = rest[0] if rest else first
    if not (first and last):
        return f"from {first}" if first else f"until {last}"
    return first if first == last else f"{first} to {last}"


def format_iso(text: str, now: datetime | None = None) -> str:
    """Write the day or the month of an address, `2026-11-05` or `2026-11`, for the reader; other text stays."""
    try:
        if len(text) == len("2026-11"):
            return locales.format_month(date.fromisoformat(f"{text}-01"))
        return locales.format_day(date.fromisoformat(text), now)
    except ValueError:
        return text


_MINUTE_S, _HOUR_S = 60, 3600
_FEW_DAYS = 14
_MOST_TIMES = 4096  # some 1 MB


def format_ago(at: datetime, now: datetime) -> str:
    """Return how long before `now` it was, shortly: `3 min ago`, `5 h ago`, then the day."""
    age = now - at
    if age.days > 0:
        return locales.format_day(at, now)
    if age.days < 0 or age.seconds < _MINUTE_S:
        return "just now"
    if age.seconds < _HOUR_S:
        return f"{age.seconds // _MINUTE_S} min ago"
    return f"{age.seconds // _HOUR_S} h ago"


def write_when(at: datetime, now: datetime) -> Markup:
    """Return the element that says how long before `now` it was, with the exact time as its title."""
    said = isolate_text(format_ago(at, now))
    return Markup(f"{_open_time(at, locales.get_reader())}{escape(said)}</time>")  # noqa: S704 (all is escaped)


@lru_cache(_MOST_TIMES)
def _open_time(at: datetime, _reader: LocalFormat) -> str:
    """Return the tag with the exact time, to the minute, which stays while what is said within it changes."""
    return f'<time datetime="{at.isoformat(timespec="minutes")}" title="{escape(locales.format_exact(at))}">'


def format_days_ago(at: datetime, now: datetime) -> str:
    """Return how many of the reader's days or weeks before `now` it was: `today`, `5 days ago`, `3 weeks ago`."""
    days = (locales.compute_today(now) - locales.compute_today(at)).days
    if days < 1:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < _FEW_DAYS else f"{days // 7} weeks ago"


def format_initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name, at most two."""
    words = [word for word in name.replace(".", " ").split() if word[0].isalnum()] or [name[:1] or "?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def describe_browser(user_agent: str | None) -> str:
    """Return which browser a User-Agent header means, as far as it can be told: `Firefox on Windows`."""
    text = user_agent or ""
    name = next((name for mark, name in _BROWSERS if mark in text), "")
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    return " on ".join(filter(None, (name or "Other browser", system))) if text else "unknown"
