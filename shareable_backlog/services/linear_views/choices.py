"""Say as sets which items a filter leaves, so that what a compound filter means can be worked out."""

from collections.abc import Iterable
from datetime import date
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.vocabulary import FilterName

Span: TypeAlias = tuple[date, date]
"""A first and a last day; the ends of the calendar stand for none."""
Value: TypeAlias = str | Span | None
"""An id, a word, or some days; None is to have nothing there."""


class Choice(Struct, frozen=True):
    """That an item has one of `values` in a field, or with `is_not` none of them."""

    field: FilterName
    values: frozenset[Value]
    is_not: bool = False


def narrow_all(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Return what it is to meet each of these, by few choices: by one of each field, but for labels."""
    found: list[Choice] = []
    for one in choices:
        at = next((at for at, other in enumerate(found) if _can_narrow(one, other)), None)
        if at is None:
            found.append(one)
        else:
            found[at] = _narrow(found[at], one)
    return tuple(found)


def join_all(choices: Iterable[Choice]) -> Choice | None:
    """Return what it is to meet any of these; None when no choice says it."""
    first, *others = choices
    for one in others:
        if one.field != first.field or (one.field == "label" and (one.is_not or first.is_not)):
            return None
        first = _join(first, one)
    return first


def _can_narrow(one: Choice, other: Choice) -> bool:
    return one.field == other.field and (one.field != "label" or (one.is_not and other.is_not))


def _narrow(one: Choice, other: Choice) -> Choice:
    if one.is_not and other.is_not:
        return replace(one, values=one.values | other.values)
    if not one.is_not and not other.is_not:
        return replace(one, values=frozenset(_list_common(one.values, other.values)))
    wanted, unwanted = (other, one) if one.is_not else (one, other)
    return replace(wanted, values=wanted.values - unwanted.values)


def _join(one: Choice, other: Choice) -> Choice:
    if one.is_not and other.is_not:
        return replace(one, values=one.values & other.values)
    if not one.is_not and not other.is_not:
        return replace(one, values=one.values | other.values)
    wanted, unwanted = (other, one) if one.is_not else (one, other)
    return replace(unwanted, values=unwanted.values - wanted.values)


def _list_common(some: frozenset[Value], others: frozenset[Value]) -> Iterable[Value]:
    """Yield what is in both: of days those that are in a span of each."""
    for one in some:
        for other in others:
            if isinstance(one, tuple) and isinstance(other, tuple):
                first, last = max(one[0], other[0]), min(one[1], other[1])
                if first <= last:
                    yield first, last
            elif one == other:
                yield one
