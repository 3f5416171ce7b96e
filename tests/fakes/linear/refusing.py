"""Refuse lists, fields and nodes for as long as wished, in each form that Linear's refusals have."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, TypeAlias

from tests.fakes.linear.lists import cursor
from tests.fakes.linear.rows import Row

Shape: TypeAlias = Literal["partial", "null", "bad request", "silent", "unnamed"]
"""How a refusal is told.

By errors beside the other data, with no data (then of the first error alone), with HTTP 400, by a null without
a word, or with HTTP 400 and without the place.
"""

Way: TypeAlias = Literal["rights", "plan", "error", "unknown", "same pages", "empty pages"]

_CODES = {
    "rights": ("FORBIDDEN", "forbidden"),
    "plan": ("FEATURE_NOT_ACCESSIBLE", "feature not accessible"),
    "error": ("INTERNAL_SERVER_ERROR", "internal error"),
    "unknown": ("GRAPHQL_VALIDATION_FAILED", "graphql error"),
}
_ALIASES = re.compile(r"\b(\w+): (\w+)\(")
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Refusing:
    """What of the list `root` is refused: all, one `field` of all its nodes, a node by its id, or a field of that."""

    root: str
    way: Way
    shape: Shape = "partial"
    node_id: str | None = None
    field: str | None = None


def refuse(refused: list[Refusing], query: str, body: bytes) -> tuple[int, bytes]:
    """Return the status and body that a true answer becomes."""
    answer: dict[str, Any] = json.loads(body)
    data: dict[str, Any] | None = answer.get("data")
    if not data:
        return 200, body
    roots = {alias: root for alias, root in _ALIASES.findall(query) if alias in data}
    errors: list[Row] = []
    status, is_null = 200, False
    for one in refused:
        for alias in [alias for alias, root in roots.items() if root == one.root and data[alias]]:
            told = list(_refuse_list(one, alias, data))
            if told and one.shape != "silent":
                errors += [_build_error(one, path) for path in told]
                is_null |= one.shape != "partial"
                status = max(status, 400 if one.shape in {"bad request", "unnamed"} else 200)
    if errors:
        answer["errors"] = errors
    if is_null:
        answer = {"data": None, "errors": errors[:1]}
    return status, json.dumps(answer).encode()


def _refuse_list(one: Refusing, alias: str, data: dict[str, Any]) -> Iterator[list[str | int]]:
    """Take away what is refused and yield the places where it was."""
    connection = data[alias]
    if one.way in {"same pages", "empty pages"}:
        if "pageInfo" in connection:
            # A cursor before all others, and another one each time.
            connection["pageInfo"] = {"hasNextPage": True, "endCursor": cursor(("9999", str(next(_numbers))))}
        if one.way == "empty pages" and "nodes" in connection:
            connection["nodes"] = []
    elif one.node_id is None and one.field is None:
        data[alias] = None
        yield [alias]
    else:
        nodes: list[Any] = connection.get("nodes", [])
        for at, node in enumerate(nodes):
            if not node or one.node_id not in {None, node["id"]}:
                continue
            if one.field is None:
                nodes[at] = None
                yield [alias, "nodes", at]
            elif one.field in node:
                node[one.field] = None
                yield [alias, "nodes", at, one.field]


def _build_error(one: Refusing, path: list[str | int]) -> Row:
    code, kind = _CODES[one.way]
    message = f'Cannot query field "{one.field}" on type "{_TYPES.get(one.root)}".' if one.way == "unknown" else "No"
    error: Row = {"message": message, "extensions": {"code": code, "type": kind}}
    return error if one.shape == "unnamed" else error | {"path": path}


_TYPES = {"projects": "Project", "issues": "Issue", "comments": "Comment"}
