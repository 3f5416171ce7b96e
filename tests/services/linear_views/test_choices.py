"""Compound filters as sets: whatever is met and joined means for every item what its parts say of it."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, combinations, product

import pytest

from shareable_backlog.services.linear_views.choices import Choice, Span, Value, join_all, narrow_all
from shareable_backlog.vocabulary import FilterName

THINGS: tuple[Value, ...] = ("a", "b", None)


def list_choices(field: FilterName) -> Iterator[Choice]:
    """Yield all choices of a field of three values."""
    subsets = chain.from_iterable(combinations(THINGS, size) for size in range(4))
    for values, is_not in product(subsets, (False, True)):
        yield Choice(field, frozenset(values), is_not)


def is_met(choice: Choice, has: Iterable[Value]) -> bool:
    return any(value in choice.values for value in has) != choice.is_not


def test_of_what_an_item_has_one_of_any_two_choices_meet_and_join_in_one() -> None:
    for one, other in product(list_choices("project"), list_choices("project")):
        [both] = narrow_all((one, other))
        either = join_all((one, other))
        assert either
        for thing in THINGS:
            assert is_met(both, [thing]) == (is_met(one, [thing]) and is_met(other, [thing]))
            assert is_met(either, [thing]) == (is_met(one, [thing]) or is_met(other, [thing]))


def test_of_labels_an_item_may_have_several() -> None:
    kinds: list[list[Value]] = [["a"], ["b"], ["a", "b"], [None]]
    for one, other in product(list_choices("label"), list_choices("label")):
        both = narrow_all((one, other))
        either = join_all((one, other))
        for has in kinds:
            assert all(is_met(each, has) for each in both) == (is_met(one, has) and is_met(other, has))
            assert either is None or is_met(either, has) == (is_met(one, has) or is_met(other, has))


def test_different_fields_are_met_one_by_one_and_never_joined() -> None:
    one, other = Choice("project", frozenset({"a"})), Choice("cycle", frozenset({"a"}))
    assert narrow_all((one, other)) == (one, other)
    assert join_all((one, other)) is None


@pytest.mark.parametrize(
    ("spans", "common"),
    [
        ((("2026-12-01", "2026-12-24"), ("2026-12-24", "2026-12-31")), ("2026-12-24", "2026-12-24")),
        ((("2026-12-01", "2026-12-23"), ("2026-12-24", "2026-12-31")), None),
    ],
)
def test_days_are_met_where_spans_overlap(spans: tuple[tuple[str, str], ...], common: tuple[str, str] | None) -> None:
    def read_span(days: tuple[str, str]) -> Span:
        return date.fromisoformat(days[0]), date.fromisoformat(days[1])

    [met] = narrow_all(Choice("due", frozenset({read_span(span)})) for span in spans)
    assert met == Choice("due", frozenset({read_span(common)} if common else ()))
