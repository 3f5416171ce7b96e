"""Read the dates of Linear's CSV export, whichever of its forms they have."""

import re
from datetime import UTC, date, datetime, time, timedelta

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BROWSER_TIME = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ({'|'.join(_MONTHS)}) ([0-9]{{2}}) ([0-9]{{4}})"
    r" ([0-9]{2}:[0-9]{2}:[0-9]{2}) GMT([+-][0-9]{4})(?: \(.{1,80}\))?"
)
# What the mirror can hold, less a year at either end so that no time zone leads out of it.
_FIRST_YEAR, _LAST_YEAR = 1901, 9997
# Midnight in UTC-10 (Hawaii) is 10:00 in UTC, in UTC+13 (New Zealand's summer) 11:00 of the day before:
# 13 hours later both are on the day that was meant.
_MIDNIGHT_TO_DAY = timedelta(hours=13)


def parse_timestamp(text: str) -> datetime:
    """Read a moment and return it in UTC.

    The forms are `2024-05-14T08:53:33Z`, with or without a fraction, and a browser's
    `Wed May 13 2026 11:21:41 GMT+0000 (GMT+00:00)`, whose last part may be any zone's name or missing.
    Raise ValueError for anything else, and for what is no moment of the years 1901 to 9997.
    """
    return _parse_moment(text).astimezone(UTC)


def parse_due_date(text: str) -> date:
    """Read a day: `2026-06-26`, or the moment at which that day began for whoever made the export.

    A moment that is written as a midnight is the day written. Any other is taken for midnight of the
    exporter's time zone: `Thu Jun 25 2026 23:00:00 GMT+0000` is 26 June, seen from UTC+1. That is right from
    UTC-10 to UTC+13; the few islands beyond are a day off. Raise ValueError as `parse_timestamp` does.
    """
    if _ISO_DATE.fullmatch(text):
        return _parse_moment(f"{text}T00:00:00Z").date()
    moment = _parse_moment(text)
    if moment.time() == time.min:
        return moment.date()
    return (moment.astimezone(UTC) + _MIDNIGHT_TO_DAY).date()


def _parse_moment(text: str) -> datetime:
    browser = _BROWSER_TIME.fullmatch(text)
    if browser:
        month, day, year, clock, offset = browser.groups()
        text = f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{clock}{offset}"
    if not _ISO_TIME.fullmatch(text):
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(text)
    return moment
