import contextlib
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.linear.csv.csv_dates import parse_due_date, parse_timestamp


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-13T11:21:41Z",
        "2026-05-13T11:21:41.000Z",
        "2026-05-13T13:21:41+02:00",
        "Wed May 13 2026 11:21:41 GMT+0000 (GMT+00:00)",
        "Wed May 13 2026 11:21:41 GMT+0000 (GMT)",
        "Wed May 13 2026 11:21:41 GMT+0000",
        "Wed May 13 2026 13:21:41 GMT+0200 (Central European Summer Time)",
        "Wed May 13 2026 07:21:41 GMT-0400 (Eastern Daylight Time)",
    ],
)
def test_every_form_of_a_moment_is_the_same_moment_in_utc(text: str) -> None:
    assert parse_timestamp(text) == datetime(2026, 5, 13, 11, 21, 41, tzinfo=UTC)
    assert parse_timestamp(text).tzinfo is UTC


def test_a_fraction_of_a_second_is_kept() -> None:
    assert parse_timestamp("2026-06-22T13:35:05.809Z").microsecond == 809_000


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "Infinity",
        "infinity",
        "Invalid Date",
        "2026-05-13",
        "2026-05-13T11:21:41",
        "10000-01-01T00:00:00Z",
        "+010000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+05:00",
        "1900-12-31T23:59:59Z",
        "9998-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-05-13T25:00:00Z",
        "2026-05-13T11:21:41+99:00",
        "\uff12\uff10\uff12\uff16-05-13T11:21:41Z",
        "Wed May 13 10000 11:21:41 GMT+0000 (GMT)",
        "Wed Mai 13 2026 11:21:41 GMT+0000 (GMT)",
        "Wed May 13 2026 11:21:41 GMT+0000 (GMT) or so",
        "13/05/2026",
        "1778671301",
    ],
)
def test_anything_else_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_timestamp(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-26",
        "2026-06-26T00:00:00Z",
        "2026-06-25T22:00:00.000Z",
        "Thu Jun 25 2026 23:00:00 GMT+0000 (GMT+00:00)",
        "Fri Jun 26 2026 00:00:00 GMT+0100 (GMT+01:00)",
        "Fri Jun 26 2026 00:00:00 GMT-1000 (Hawaii Standard Time)",
    ],
)
def test_a_due_date_is_the_day_that_began_for_the_exporter(text: str) -> None:
    assert parse_due_date(text) == date(2026, 6, 26)


@given(st.dates(date(1970, 1, 1), date(9990, 1, 1)), st.integers(-10 * 4, 13 * 4))
def test_midnight_anywhere_from_hawaii_to_new_zealand_is_the_day_meant(day: date, quarters: int) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    assert parse_due_date(midnight.astimezone(UTC).isoformat()) == day


@pytest.mark.parametrize("text", ["soon", "2026-02-30", "10000-01-01", "9999-12-31T23:00:00Z"])
def test_anything_else_is_no_due_date(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_due_date(text)


@given(st.text())
def test_any_text_is_read_or_is_a_value_error(text: str) -> None:
    for read in (parse_timestamp, parse_due_date):
        with contextlib.suppress(ValueError):
            read(text)
