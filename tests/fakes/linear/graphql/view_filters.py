"""Tell which issues a view's filter wants, as Linear describes its filters; it knows nothing of the mirror's."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.linear.rows import Row
from tests.fakes.linear.store import Store


def is_in_view(world: Store, view: Row, issue: Row) -> bool:
    """Return whether a view shows an issue."""
    of_team = view["team"] is None or view["team"] == issue["team"]
    return of_team and not issue["trashed"] and _is_met(world, view["filterData"], issue)


def _is_met(world: Store, conditions: Mapping[str, Any], row: Row) -> bool:
    return all(_is_one_met(world, name, condition, row) for name, condition in conditions.items())


def _is_one_met(world: Store, name: str, condition: Any, row: Row) -> bool:
    match name:
        case "and":
            return all(_is_met(world, part, row) for part in condition)
        case "or":
            return any(_is_met(world, part, row) for part in condition)
        case "labels":
            labels = [world.by_id[label_id] for label_id in row["labelIds"]]
            return _is_collection_met(world, condition, labels)
        case _:
            value = row[name]
            if isinstance(value, str) and value in world.by_id and name != "id":
                wants_none = condition.get("null")
                others = {key: inner for key, inner in condition.items() if key != "null"}
                return wants_none is not True and _is_met(world, others, world.by_id[value])
            if value is None and "null" not in condition and "or" in condition:
                return any(part.get("null") is True for part in condition["or"])
            return all(_compare(how, value, limit) for how, limit in condition.items())


def _is_collection_met(world: Store, condition: Mapping[str, Any], rows: list[Row]) -> bool:
    for key, inner in condition.items():
        match key:
            case "null":
                met = bool(rows) != inner
            case "every":
                met = all(_is_met(world, inner, row) for row in rows)
            case "some":
                met = any(_is_met(world, inner, row) for row in rows)
            case _:
                met = any(_is_met(world, {key: inner}, row) for row in rows)
        if not met:
            return False
    return True


def _compare(how: str, value: Any, limit: Any) -> bool:
    if how == "null" or value is None:
        return how == "null" and (value is None) == limit
    return _COMPARISONS[how](value, limit)


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "in": lambda value, limit: value in limit,
    "nin": lambda value, limit: value not in limit,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
