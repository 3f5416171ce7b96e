"""Times and names in words."""

from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.web import words

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
    ],
)
def test_a_time_is_said_shortly(before: timedelta, said: str) -> None:
    assert words.ago(NOW - before, NOW) == said


def test_a_time_is_said_exactly_in_utc() -> None:
    assert words.exact(NOW) == "2026-02-06 10:30 UTC"


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
    assert words.initials(name).strip() in {initials, ""} if not name.strip() else words.initials(name) == initials
