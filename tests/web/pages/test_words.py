"""Times and names in words."""

from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.vocabulary import FilterName
from shareable_backlog.web.pages import words
from shareable_backlog.web.pages.locales import LocalFormat, write_for

NOW = datetime(2026, 2, 6, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "5 Feb"),
        (timedelta(days=40), "28 Dec 2025"),
        (timedelta(days=-2), "just now"),
    ],
)
def test_a_time_is_said_shortly(before: timedelta, said: str) -> None:
    assert words.format_ago(NOW - before, NOW) == said


def test_a_day_is_written_as_the_reader_does() -> None:
    with write_for(LocalFormat("America/New_York", "de")):
        assert words.format_ago(NOW - timedelta(days=2, hours=8), NOW) == "3. Feb."
        assert words.format_ago(NOW - timedelta(hours=23), NOW) == "23 h ago"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-12-31", "31 Dec"),
        ("2026-12-01..2026-12-31", "1 Dec to 31 Dec"),
        ("2025-12-01..2026-01-31", "1 Dec 2025 to 31 Jan"),
        ("2026-12-01..2026-12-01", "1 Dec"),
        ("2026-12-01..", "from 1 Dec"),
        ("..2026-06-01", "until 1 Jun"),
        ("0001-01-01..9999-12-31", "1 Jan 1 to 31 Dec 9999"),
        ("today", "today"),
        ("overdue", "overdue"),
        ("30d", "in the next 30 days"),
    ],
)
def test_days_of_a_filter_are_said_as_all_days_are(value: str, said: str) -> None:
    assert words.describe_filter_value(value, "due", NOW) == said


def test_days_of_a_filter_are_written_as_the_reader_does_and_with_their_year_where_none_is_known() -> None:
    with write_for(LocalFormat("UTC", "en-US")):
        assert words.describe_filter_value("..2026-06-01", "completed") == "until Jun 1, 2026"


@pytest.mark.parametrize(
    ("text", "said"), [("2026-11-05", "5 Nov 2026"), ("2026-11", "Nov 2026"), ("meeting", "meeting"), ("12", "12")]
)
def test_a_day_or_a_month_of_an_address_is_written_for_the_reader(text: str, said: str) -> None:
    assert words.format_iso(text) == said


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Maren Solvik", "MS"),
        ("maren", "M"),
        ("Ana de la Cruz", "AC"),
        ("dev.bot", "DB"),
        ("", "?"),
        ("  ", "?"),
        ("李雷", "李"),
    ],
)
def test_a_name_has_initials(name: str, initials: str) -> None:
    assert (
        words.format_initials(name).strip() in {initials, ""}
        if not name.strip()
        else words.format_initials(name) == initials
    )


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Chrome on Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.0", "Other browser"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_browser_is_named_as_people_know_it(user_agent: str | None, name: str) -> None:
    assert words.describe_browser(user_agent) == name


@pytest.mark.parametrize(
    ("value", "field", "said"),
    [
        ("7d", "due", "in the next 7 days"),
        ("1d", "due", "in the next day"),
        ("1d", "created", "in the last day"),
    ],
)
def test_days_from_now_are_counted_in_words(value: str, field: FilterName, said: str) -> None:
    assert words.describe_filter_value(value, field) == said


@pytest.mark.parametrize(
    ("before", "said"), [(-1, "today"), (0, "today"), (1, "yesterday"), (13, "13 days ago"), (20, "2 weeks ago")]
)
def test_an_age_is_said_in_days_and_then_in_weeks(before: int, said: str) -> None:
    assert words.format_days_ago(NOW - timedelta(days=before), NOW) == said


@pytest.mark.parametrize(
    ("at", "zone", "said"),
    [
        ("2026-02-04T23:00+00:00", "UTC", "2 days ago"),
        ("2026-02-05T23:00+00:00", "UTC", "yesterday"),
        ("2026-02-05T23:00+00:00", "Europe/Berlin", "today"),
        ("2026-02-06T01:00+00:00", "America/New_York", "yesterday"),
        ("2026-02-05T06:00+00:00", "America/New_York", "yesterday"),
    ],
)
def test_days_begin_at_midnight_where_the_reader_is(at: str, zone: str, said: str) -> None:
    with write_for(LocalFormat(zone)):
        assert words.format_days_ago(datetime.fromisoformat(at), NOW) == said


def test_a_time_is_an_element_with_the_exact_one_as_its_title() -> None:
    at = datetime(2026, 11, 4, 14, 2, tzinfo=UTC)
    with write_for(LocalFormat()):
        assert words.write_when(at, at + timedelta(minutes=3)) == (
            '<time datetime="2026-11-04T14:02+00:00" title="4 Nov 2026, 14:02 UTC">3 min ago</time>'
        )


@pytest.mark.parametrize(
    ("reader", "exact"),
    [
        (LocalFormat(), "4 Nov 2026, 14:02 UTC"),
        (LocalFormat("Europe/Berlin"), "4 Nov 2026, 15:02 CET"),
        (LocalFormat("Europe/Berlin", "de"), "4. Nov. 2026, 15:02 CET"),
    ],
)
def test_a_time_that_was_written_for_one_reader_is_written_anew_for_another(reader: LocalFormat, exact: str) -> None:
    at = datetime(2026, 11, 4, 14, 2, tzinfo=UTC)
    for one in (LocalFormat("Asia/Tokyo", "ja"), reader):
        with write_for(one):
            said = words.write_when(at, at + timedelta(minutes=3))
    assert f'title="{exact}"' in said
