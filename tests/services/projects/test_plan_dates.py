"""Which days a date of a plan stands for."""

from datetime import date

import pytest

from shareable_backlog.services.projects.plan_dates import compute_first_day, compute_last_day


@pytest.mark.parametrize(
    ("on", "resolution", "first", "last"),
    [
        (date(2026, 12, 31), None, date(2026, 12, 31), date(2026, 12, 31)),
        (date(2026, 12, 31), "decade", date(2026, 12, 31), date(2026, 12, 31)),
        (date(2026, 2, 14), "month", date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 1), "month", date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 12, 31), "quarter", date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 4, 1), "quarter", date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 6, 30), "halfYear", date(2026, 1, 1), date(2026, 6, 30)),
        (date(2026, 7, 1), "halfYear", date(2026, 7, 1), date(2026, 12, 31)),
        (date(2026, 5, 5), "year", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_date_stands_for_the_whole_of_what_it_names(
    on: date, resolution: str | None, first: date, last: date
) -> None:
    assert (compute_first_day(on, resolution), compute_last_day(on, resolution)) == (first, last)
