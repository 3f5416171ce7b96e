"""Count a query's points by Linear's rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

_DEFAULT_FIRST = 50


@dataclass(frozen=True, slots=True)
class Cost:
    """Tenths of points: what is fixed, and what counts as often as a page has rows, a number or a variable."""

    fixed: int
    paged: tuple[tuple[int | str, "Cost"], ...]


def points(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """Return the points of a valid query with one operation and no fragments, rounded up.

    A property is 0.1, an object 1, and what stands in a connection counts `first` times.
    """
    return count_points(cost(schema, document), variables)


def cost(schema: GraphQLSchema, document: DocumentNode) -> Cost:
    """Return what a query costs whatever its variables are."""
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert schema.query_type
    return _cost(operation.selection_set, schema.query_type)


def count_points(cost: Cost, variables: Mapping[str, Any]) -> int:
    """Return the points of a query with these variables, rounded up."""
    return -(-_tenths(cost, variables) // 10)


def _tenths(cost: Cost, variables: Mapping[str, Any]) -> int:
    total = cost.fixed
    for first, inside in cost.paged:
        rows = first if isinstance(first, int) else variables.get(first) or _DEFAULT_FIRST
        total += rows * _tenths(inside, variables)
    return total


def _cost(selections: SelectionSetNode, parent: GraphQLObjectType) -> Cost:
    fixed = 0
    paged: list[tuple[int | str, Cost]] = []
    for field in selections.selections:
        assert isinstance(field, FieldNode)
        if not field.selection_set:
            fixed += 1
            continue
        kind = cast("GraphQLObjectType", get_named_type(parent.fields[field.name.value].type))
        inside = _cost(field.selection_set, kind)
        fixed += 10
        if kind.name.endswith("Connection"):
            paged.append((_first(field), inside))
        else:
            fixed += inside.fixed
            paged += inside.paged
    return Cost(fixed, tuple(paged))


def _first(field: FieldNode) -> int | str:
    for argument in field.arguments or ():
        if argument.name.value == "first":
            if isinstance(argument.value, VariableNode):
                return argument.value.name.value
            assert isinstance(argument.value, IntValueNode)
            return int(argument.value.value)
    return _DEFAULT_FIRST
