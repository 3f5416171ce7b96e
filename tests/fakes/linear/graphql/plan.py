"""Prepare a query once, and answer it from rows at once: GraphQL's own executor takes ten times as long.

It knows only what the mirror asks for. Whatever is not the regular case is raised as IrregularError and left to the
real executor, whose answer is the same or an error in the right form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from tests.fakes.linear.graphql import complexity
from tests.fakes.linear.lists import Lists
from tests.fakes.linear.rows import LISTS, Row


class IrregularError(Exception):
    """GraphQL's own executor has to answer."""


_Call: TypeAlias = tuple[GraphQLField, FieldNode]
_Field: TypeAlias = tuple[str, str, bool, "tuple[_Field, ...] | None", _Call | None]
"""A field's key in the answer, its name, whether it is never null, what is asked of it, and how to find arguments."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A valid query, what it costs, and what is asked; `fields` is None for a query that is irregular."""

    document: DocumentNode
    cost: complexity.Cost
    fields: tuple[_Field, ...] | None


def plan(schema: GraphQLSchema, document: DocumentNode) -> Plan:
    """Prepare a valid query with one operation and no fragments."""
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert schema.query_type
    try:
        fields = _fields(operation.selection_set, schema.query_type)
    except IrregularError:
        fields = None
    return Plan(document, complexity.cost(schema, document), fields)


def _fields(selections: SelectionSetNode, parent: GraphQLObjectType) -> tuple[_Field, ...]:
    fields: list[_Field] = []
    for node in selections.selections:
        assert isinstance(node, FieldNode)
        if node.directives or node.name.value not in parent.fields:
            raise IrregularError
        definition = parent.fields[node.name.value]
        kind = cast("GraphQLObjectType", get_named_type(definition.type))
        inner = _fields(node.selection_set, kind) if node.selection_set else None
        key = (node.alias or node.name).value
        call = (definition, node) if definition.args else None
        fields.append((key, node.name.value, isinstance(definition.type, GraphQLNonNull), inner, call))
    if len({key for key, *_ in fields}) < len(fields):
        raise IrregularError
    return tuple(fields)


def variables(schema: GraphQLSchema, plan: Plan, given: Mapping[str, Any]) -> VariableValues:
    """Return a query's variables with their defaults; raises IrregularError for those that do not fit."""
    [operation] = plan.document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    found = get_variable_values(schema, operation.variable_definitions or (), dict(given))
    if isinstance(found, list):
        raise IrregularError
    return found


def execute_plan(plan: Plan, lists: Lists, values: VariableValues) -> Row:
    """Return the data of an answer. Raises IrregularError, and what `Lists.page` raises."""
    if plan.fields is None:
        raise IrregularError
    data: Row = {}
    for key, name, _, inner, call in plan.fields:
        assert inner is not None
        if name in LISTS:
            assert call
            source = lists.page(name, get_argument_values(*call, values))
        elif name == "customView":
            raise IrregularError
        else:
            source = lists.world.viewer if name == "viewer" else lists.world.organization
        data[key] = _object(inner, source, lists, values)
    return data


def _object(fields: tuple[_Field, ...], source: Row, lists: Lists, values: VariableValues) -> Row:
    found: Row = {}
    for key, name, is_required, inner, call in fields:
        value = source.get(name)
        if inner is None:
            if type(value) is float:
                value = as_javascript(value)
            elif call:
                count = get_argument_values(*call, values)
                value = lists.issue_count(source["id"], with_archived=count["includeArchived"])
        elif type(value) is list:
            value = [_object(inner, row, lists, values) for row in cast("list[Row]", value)]
        elif value is not None:
            row: Row | None = cast("Row", value) if type(value) is dict else lists.world.referred(value)
            value = row and _object(inner, row, lists, values)
        if value is None and is_required:
            raise IrregularError
        found[key] = value
    return found


def as_javascript(value: object) -> object:
    """Write whole floats as Linear's server does, without a fraction."""
    if isinstance(value, dict):
        return {name: as_javascript(inner) for name, inner in cast("Row", value).items()}
    if isinstance(value, list):
        return [as_javascript(inner) for inner in cast("list[object]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value
