"""Count a query's points by Linear's rule."""

from collections.abc import Mapping
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


def points(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """Give the points of a valid query with one operation and no fragments, rounded up.

    A property is 0.1, an object 1, and what stands in a connection counts `first` times.
    """
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert schema.query_type
    return -(-_tenths(operation.selection_set, schema.query_type, variables) // 10)


def _tenths(selections: SelectionSetNode, parent: GraphQLObjectType, variables: Mapping[str, Any]) -> int:
    total = 0
    for field in selections.selections:
        assert isinstance(field, FieldNode)
        if not field.selection_set:
            total += 1
            continue
        kind = cast("GraphQLObjectType", get_named_type(parent.fields[field.name.value].type))
        inside = _tenths(field.selection_set, kind, variables)
        total += 10 + inside * (_first(field, variables) if kind.name.endswith("Connection") else 1)
    return total


def _first(field: FieldNode, variables: Mapping[str, Any]) -> int:
    for argument in field.arguments or ():
        if argument.name.value == "first":
            if isinstance(argument.value, VariableNode):
                return variables.get(argument.value.name.value, _DEFAULT_FIRST)
            assert isinstance(argument.value, IntValueNode)
            return int(argument.value.value)
    return _DEFAULT_FIRST
