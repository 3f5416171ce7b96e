"""Tell which rows a filter of Linear's wants."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from graphql import GraphQLError

from tests.fakes.linear.rows import Row, instant

Wanted: TypeAlias = Callable[[Row], bool]

_ALMOST_A_MILLISECOND = timedelta(microseconds=999)


def parse_filter(conditions: Mapping[str, Any]) -> Wanted:
    """Return the test that a filter stands for; null matches no comparison. Raises GraphQLError for no time."""
    tests = [test for name, condition in conditions.items() if condition for test in _tests(name, condition)]
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def _tests(name: str, condition: Any) -> list[Wanted]:
    match name:
        case "or":
            either = [parse_filter(part) for part in condition]
            return [lambda row: any(test(row) for test in either)]
        case "and":
            return [parse_filter(part) for part in condition]
        case "id":
            return [_one_of(name, condition)]
        case "parent":
            return [_one_of(name, condition["id"])]
        case _:
            return [_compare(name, how, _time(limit)) for how, limit in condition.items() if limit is not None]


def _one_of(field: str, condition: Mapping[str, Any]) -> Wanted:
    sets = [set(ids if how == "in" else [ids]) for how, ids in condition.items() if ids is not None]
    ids = frozenset[str].intersection(*map(frozenset, sets)) if sets else None
    return lambda row: ids is None or row[field] in ids


def _time(limit: str) -> datetime:
    try:
        return datetime.fromisoformat(limit)
    except ValueError as error:
        extensions = {"code": "INVALID_INPUT", "type": "invalid input"}
        raise GraphQLError("Argument Validation Error: no time", extensions=extensions) from error


def _compare(field: str, how: str, limit: datetime) -> Wanted:
    """Compare texts; rows have milliseconds, so a finer limit counts as the next one, or as the last."""
    below, above = instant(limit), instant(limit + _ALMOST_A_MILLISECOND)
    match how:
        case "gt":
            return lambda row: (value := row[field]) is not None and value > below
        case "gte":
            return lambda row: (value := row[field]) is not None and value >= above
        case "lt":
            return lambda row: (value := row[field]) is not None and value < above
        case _:
            return lambda row: (value := row[field]) is not None and value <= below
