"""What can go wrong at Linear, by what its caller can do about it, and in words for whoever looks at the page."""

from datetime import UTC, datetime

import pytest

from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.errors import (
    AuthenticationFailed,
    CursorInvalid,
    Forbidden,
    InvalidQuery,
    LinearUnavailable,
    PartialAnswer,
    RateLimited,
    TooComplex,
)

ALL = (
    *(AuthenticationFailed(), Forbidden(), RateLimited(None), TooComplex("Too much at once.")),
    *(InvalidQuery(), CursorInvalid(), LinearUnavailable("No answer."), PartialAnswer()),
)


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_each_is_a_failure_of_linear_and_says_so_by_its_code(error: LinearFailed) -> None:
    assert isinstance(error, LinearFailed)
    assert error.code.startswith("LINEAR_")


def test_a_place_in_a_list_that_is_gone_is_a_case_of_a_query_that_is_not_understood() -> None:
    assert isinstance(CursorInvalid(), InvalidQuery)
    assert str(CursorInvalid()) == str(InvalidQuery())


@pytest.mark.parametrize("error", [AuthenticationFailed(), Forbidden(), InvalidQuery()])
def test_what_a_person_has_to_mend_says_that_nothing_is_lost(error: LinearFailed) -> None:
    assert "What was mirrored before is kept;" in str(error)


def test_a_key_that_is_not_known_and_one_that_may_not_read_have_remedies_of_their_own() -> None:
    assert "set LINEAR_API_KEY" in str(AuthenticationFailed())
    assert "give the key read access" in str(Forbidden())


def test_a_spent_budget_says_until_when_to_the_second() -> None:
    back_at = datetime(2026, 2, 6, 9, 5, 7, 800_000, tzinfo=UTC)
    error = RateLimited(back_at)
    assert error.retry_at == back_at
    assert str(error) == (
        "Linear accepts no more requests from this key until 09:05:07 UTC. The mirror continues after that."
    )


def test_a_spent_budget_without_a_time_promises_none() -> None:
    error = RateLimited(None)
    assert error.retry_at is None
    assert str(error) == "Linear accepts no more requests from this key for now. The mirror continues after that."


def test_an_answer_with_holes_says_that_nothing_of_it_was_used() -> None:
    assert "so it was not used" in str(PartialAnswer())


@pytest.mark.parametrize("kind", [TooComplex, LinearUnavailable])
def test_others_say_the_words_that_they_were_given(kind: type[LinearFailed]) -> None:
    assert str(kind("Linear did not answer within 30 s.")) == "Linear did not answer within 30 s."
