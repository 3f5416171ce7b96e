"""Say which days a date stands for: Linear's plans may name a month, quarter, half year or year in its place."""

from calendar import monthrange
from datetime import date

_MONTHS = {"month": 1, "quarter": 3, "halfYear": 6, "year": 12}


def compute_first_day(on: date, resolution: str | None) -> date:
    """Return the first day of the time that `on` stands for; without a resolution it is the day itself."""
    months = _MONTHS.get(resolution or "")
    return date(on.year, on.month - (on.month - 1) % months, 1) if months else on


def compute_last_day(on: date, resolution: str | None) -> date:
    """Return the last day of the time that `on` stands for."""
    months = _MONTHS.get(resolution or "")
    if not months:
        return on
    month = compute_first_day(on, resolution).month + months - 1
    return date(on.year, month, monthrange(on.year, month)[1])
