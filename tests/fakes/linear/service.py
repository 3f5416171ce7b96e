"""Answer GraphQL from a world, without HTTP."""

import json
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias, cast

from graphql import (
    DocumentNode,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSyntaxError,
    build_schema,
    execute_sync,  # pyright: ignore[reportUnknownVariableType] (its middleware is half typed)
    parse,
    validate,
)

from tests.fakes.linear.complexity import points
from tests.fakes.linear.lists import Lists
from tests.fakes.linear.world import DEFAULTS, Row, World

_Info: TypeAlias = GraphQLResolveInfo[World]

_LARGEST_COMPLEXITY = 10_000


class RefusedError(Exception):
    """Say with which HTTP status, code and words a query is refused."""

    def __init__(self, status: int, code: str, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.kind = status, code, kind


class Service:
    """Execute queries; keep each answer, encoded, until the world changes: benchmarks can warm it up."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lists = Lists(world)
        self._version = -1
        self._answers: dict[tuple[str, str], tuple[bytes, int]] = {}

    def answer(self, query: str, variables: dict[str, Any]) -> tuple[bytes, int]:
        """Give the answer as JSON and what it costs in points; raises RefusedError."""
        key = (query, json.dumps(variables, sort_keys=True))
        with self._world.lock:
            if self._version != self._world.version:
                self._version = self._world.version
                self._answers.clear()
            if key not in self._answers:
                self._answers[key] = self._executed(query, variables)
            return self._answers[key]

    def _executed(self, query: str, variables: dict[str, Any]) -> tuple[bytes, int]:
        document = _document(query)
        cost = points(schema(), document, variables)
        if cost > _LARGEST_COMPLEXITY:
            raise RefusedError(400, "INPUT_ERROR", "invalid input", f"Query too complex: {cost} points")
        roots = {root: partial(self._page, root) for root in DEFAULTS}
        result = execute_sync(
            schema(),
            document,
            roots | {"viewer": self._world.viewer, "organization": self._world.organization},
            context_value=self._world,
            variable_values=variables,
            field_resolver=_resolve,
        )
        answer: Row = {"data": _as_javascript(result.data)}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return json.dumps(answer, separators=(",", ":")).encode(), cost

    def _page(self, root: str, _info: _Info, **arguments: Any) -> Row:
        return self._lists.page(root, arguments)


@cache
def schema() -> GraphQLSchema:
    """Give the fake's own schema."""
    built = build_schema(Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8"))
    team = built.type_map["Team"]
    assert isinstance(team, GraphQLObjectType)
    team.fields["issueCount"].resolve = _issue_count
    return built


@cache
def _document(query: str) -> DocumentNode:
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        raise RefusedError(400, "GRAPHQL_PARSE_FAILED", "graphql error", error.message) from error
    for error in validate(schema(), document):
        raise RefusedError(400, "GRAPHQL_VALIDATION_FAILED", "graphql error", error.message)
    return document


def _resolve(source: Mapping[str, Any], info: _Info, **arguments: Any) -> Any:
    value = source.get(info.field_name)
    if callable(value):
        return value(info, **arguments)
    if isinstance(value, str) and info.field_nodes[0].selection_set:
        return info.context.by_id.get(value)
    return value


def _issue_count(team: Row, info: _Info, *, includeArchived: bool) -> int:  # noqa: N803 (Linear's)
    issues = info.context.rows["issues"].values()
    return sum(row["team"] == team["id"] and (includeArchived or not row["archivedAt"]) for row in issues)


def _as_javascript(value: object) -> object:
    """Write whole floats as Linear's server does, without a fraction."""
    if isinstance(value, dict):
        return {name: _as_javascript(inner) for name, inner in cast("Row", value).items()}
    if isinstance(value, list):
        return [_as_javascript(inner) for inner in cast("list[object]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value
