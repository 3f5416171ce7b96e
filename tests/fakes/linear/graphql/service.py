"""Answer GraphQL from a world, without HTTP."""

import json
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSyntaxError,
    build_schema,
    execute_sync,  # pyright: ignore[reportUnknownVariableType] (its middleware is half typed)
    parse,
    validate,
)

from tests.fakes.linear.graphql import complexity, plan
from tests.fakes.linear.graphql.plan import IrregularError, Plan
from tests.fakes.linear.lists import Lists
from tests.fakes.linear.refused import RefusedError
from tests.fakes.linear.rows import LISTS, Row
from tests.fakes.linear.world import World

_Info: TypeAlias = GraphQLResolveInfo[Lists]

_LARGEST_COMPLEXITY = 10_000


class Service:
    """Execute queries; keep each answer, encoded, until the world changes: benchmarks can warm it up."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lists = Lists(world)
        self._version = -1
        self._answers: dict[tuple[str, str], tuple[bytes, int]] = {}

    def answer(self, query: str, variables: dict[str, Any]) -> tuple[bytes, int]:
        """Return the answer as JSON and what it costs in points; raises RefusedError."""
        key = (query, json.dumps(variables, sort_keys=True))
        with self._world.lock:
            if self._version != self._world.version:
                self._version = self._world.version
                self._answers.clear()
            if key not in self._answers:
                self._answers[key] = self._execute(_plan(query), variables)
            return self._answers[key]

    def forget_cursors(self, status: int) -> None:
        """Take no cursor any more that was given until now; `status` is that of the answers to them, 400 or 200."""
        with self._world.lock:
            self._lists.forget_cursors(status)
            self._answers.clear()

    def _execute(self, asked: Plan, given: dict[str, Any]) -> tuple[bytes, int]:
        try:
            values = plan.variables(schema(), asked, given)
        except IrregularError:
            return self._by_the_book(asked, given), complexity.count_points(asked.cost, given)
        cost = complexity.count_points(asked.cost, values.coerced)
        if cost > _LARGEST_COMPLEXITY:
            raise RefusedError(400, "INPUT_ERROR", "invalid input", f"Query too complex: {cost} points")
        try:
            return _encode({"data": plan.execute_plan(asked, self._lists, values)}), cost
        except (IrregularError, GraphQLError):
            return self._by_the_book(asked, given), cost

    def _by_the_book(self, asked: Plan, given: dict[str, Any]) -> bytes:
        """Answer by GraphQL's own executor, with errors and nulls as it makes them."""
        roots: dict[str, Any] = {root: partial(_page, root) for root in LISTS} | {"customView": _find_view}
        result = execute_sync(
            schema(),
            asked.document,
            roots | {"viewer": self._world.viewer, "organization": self._world.organization},
            context_value=self._lists,
            variable_values=given,
            field_resolver=_resolve,
        )
        answer: Row = {"data": plan.as_javascript(result.data)}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return _encode(answer)


@cache
def schema() -> GraphQLSchema:
    """Return the fake's own schema."""
    built = build_schema(Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8"))
    team = built.type_map["Team"]
    assert isinstance(team, GraphQLObjectType)
    team.fields["issueCount"].resolve = _issue_count
    view = built.type_map["CustomView"]
    assert isinstance(view, GraphQLObjectType)
    view.fields["issues"].resolve = _page_view
    return built


@cache
def _plan(query: str) -> Plan:
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        raise RefusedError(400, "GRAPHQL_PARSE_FAILED", "graphql error", error.message) from error
    for error in validate(schema(), document):
        raise RefusedError(400, "GRAPHQL_VALIDATION_FAILED", "graphql error", error.message)
    return plan.plan(schema(), document)


def _page(root: str, info: _Info, **arguments: Any) -> Row:
    return info.context.page(root, arguments)


def _resolve(source: Mapping[str, Any], info: _Info, **arguments: Any) -> Any:
    value = source.get(info.field_name)
    if callable(value):
        return value(info, **arguments)
    if isinstance(value, str) and info.field_nodes[0].selection_set:
        return info.context.world.referred(value)
    return value


def _issue_count(team: Row, info: _Info, *, includeArchived: bool) -> int:  # noqa: N803 (Linear's)
    return info.context.issue_count(team["id"], with_archived=includeArchived)


def _find_view(info: _Info, *, id: str) -> Row:  # noqa: A002 (Linear's)
    for row in info.context.world.seen("customViews"):
        if row["id"] == id:
            return row
    extensions = {"code": "INPUT_ERROR", "type": "invalid input"}
    raise GraphQLError("Entity not found: CustomView", extensions=extensions)


def _page_view(view: Row, info: _Info, **arguments: Any) -> Row:
    return info.context.page("issues", arguments | {"view": view["id"]})


def _encode(answer: Row) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
