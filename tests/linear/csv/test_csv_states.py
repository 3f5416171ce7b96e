from collections import Counter
from datetime import UTC, datetime

import pytest

from shareable_backlog.linear.csv.csv_states import infer_type, infer_type_by_dates

_AT = datetime(2026, 5, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Triage", "triage"),
        ("Backlog", "backlog"),
        ("Todo", "unstarted"),
        ("To Do", "unstarted"),
        ("In Progress", "started"),
        ("In Review", "started"),
        ("Done", "completed"),
        ("Canceled", "canceled"),
        ("Cancelled", "canceled"),
        ("Duplicate", "duplicate"),
        (" in progress ", "started"),
    ],
)
def test_a_usual_name_tells_the_type_whatever_its_items_say(name: str, expected: str) -> None:
    assert infer_type(name, Counter(canceled=5, completed=5, started=5, unstarted=5)) == expected


def test_another_name_gets_the_type_that_most_of_its_items_speak_for() -> None:
    assert infer_type("QA", Counter(started=3, completed=1, unstarted=2)) == "started"


def test_in_a_tie_the_type_further_on_wins() -> None:
    assert infer_type("QA", Counter(started=2, completed=2)) == "completed"


def test_items_without_dates_speak_for_unstarted() -> None:
    assert infer_type("Next", Counter(unstarted=1)) == "unstarted"


@pytest.mark.parametrize(
    ("completed_at", "canceled_at", "started_at", "expected"),
    [
        (_AT, None, _AT, "completed"),
        (None, _AT, _AT, "canceled"),
        (None, None, _AT, "started"),
        (None, None, None, "unstarted"),
    ],
)
def test_the_furthest_date_of_an_item_speaks(
    completed_at: datetime | None, canceled_at: datetime | None, started_at: datetime | None, expected: str
) -> None:
    assert infer_type_by_dates(completed_at=completed_at, canceled_at=canceled_at, started_at=started_at) == expected
