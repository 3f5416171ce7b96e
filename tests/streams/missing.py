"""Say in words what a stream still lacks, one sentence a part; nothing for one that is complete."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
import psycopg
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)
from msgspec import NODEFAULT

from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.stream import Stream
from tests.fakes.linear import World
from tests.fakes.linear.graphql import service
from tests.fakes.linear.rows import LISTS
from tests.sync.model import changes

_TYPES: Mapping[object, Collection[str]] = {
    str: {"text"},
    bool: {"boolean"},
    int: {"integer", "smallint"},
    float: {"double precision"},
    date: {"date"},
    datetime: {"timestamp with time zone"},
    list[str]: {"text[]"},
    list[float]: {"double precision[]"},
    dict[str, Any]: {"jsonb"},
}
# Linear's counts of issues, which are asked for with every run, and what an admin decided.
_OTHERS = {"teams": ("issue_count", "unarchived_issue_count"), "labels": ("is_offered",)}
_COLUMNS = """
SELECT attname::text, format_type(atttypid, NULL), attnotnull FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
_TRIGGER = "SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgfoid = 'note_mirror_change'::regproc"


def check_description(stream: Stream) -> Iterator[str]:
    """Yield that it is not among all streams, or what it refers to that does not come before it."""
    known = [*STREAMS]
    if stream.name not in known:
        yield f"{stream.name}: STREAMS does not have it."
        return
    before = known[: known.index(stream.name) + 1]
    for column in stream.columns:
        if column.refers and column.refers.stream not in before:
            yield f"{stream.name}: {column.name} refers to {column.refers.stream}, which does not come before it."


def check_table(stream: Stream, conninfo: str) -> Iterator[str]:
    """Yield what the table of a migrated database lacks."""
    table = stream.table
    with psycopg.connect(conninfo) as connection:
        found = {name: (type_, is_set) for name, type_, is_set in connection.execute(_COLUMNS, [table])}
        is_noted = connection.execute(_TRIGGER, [table]).fetchone()
    if not found:
        yield f"{stream.name}: no migration makes its table {table}."
        return
    if not is_noted:
        yield f"{stream.name}: {table} has no trigger note_change, so pages made of it would be kept for too long."
    for column in msgspec.structs.fields(stream.kind):
        type_, is_set = found.pop(column.name, (None, False))
        if type_ is None:
            yield f"{stream.name}: the table {table} has no column {column.name}."
        elif type_ not in _TYPES[_strip_marks(column.type)]:
            yield f"{stream.name}: {column.name} is {type_} in the table, which its values are not."
        elif is_set and column.default is None:
            yield f"{stream.name}: {column.name} may be null, but not in the table."
    for name in found.keys() ^ {"removed_at", *_OTHERS.get(table, ())}:
        yield f"{stream.name}: {name} should stand {'in the description' if name in found else 'in the table'} too."


def check_schema(stream: Stream, schema: GraphQLSchema) -> Iterator[str]:
    """Yield what a schema of Linear does not have, or has otherwise."""
    assert schema.query_type
    root = schema.query_type.fields.get(stream.root)
    if root is None:
        yield f"{stream.name}: the schema has no root field {stream.root}."
        return
    node = _read_type(_read_type(root).fields["nodes"])
    if node.name != stream.node:
        yield f"{stream.name}: the nodes of {stream.root} are of the type {node.name}."
    if (window := _read_window(root)) != stream.window:
        yield f"{stream.name}: Linear filters {stream.root} by {' and '.join(window) or 'no time'}."
    for column in stream.columns:
        field = node.fields.get(column.key)
        if field is None:
            yield f"{stream.name}: {node.name} has no field {column.key}, for the column {column.name}."
        elif is_leaf_type(get_named_type(field.type)) is (column.is_reference or column.is_name):
            yield f"{stream.name}: {column.key} is {field.type}, so {column.name} has to be described otherwise."
        elif column.default is NODEFAULT and not str(field.type).endswith("!"):
            yield f"{stream.name}: {column.key} may be null in Linear, but {column.name} is taken to be there always."
    yield from _check_posts(stream, schema)


def _check_posts(stream: Stream, schema: GraphQLSchema) -> Iterator[str]:
    posted = schema.type_map.get(f"{stream.node}WebhookPayload")
    if not isinstance(posted, GraphQLObjectType):
        return
    if not stream.has_webhook:
        yield f"{stream.name}: Linear posts what happens to a {stream.node}, but has_webhook says that it doesn't."
    for column in stream.columns:
        is_told = not posted.fields.keys().isdisjoint({column.key, f"{column.key}Id"})
        if is_told is (column.name in stream.undelivered):
            yield f"{stream.name}: Linear posts {'' if is_told else 'no '}{column.key}, undelivered says otherwise."


def check_tests(stream: Stream) -> Iterator[str]:
    """Yield what the fake Linear and the random histories do not have."""
    if stream.root not in LISTS:
        yield f"{stream.name}: the fake Linear has no {stream.root} (tests/fakes/linear/rows.py)."
        return
    yield from (
        f"{line} (tests/fakes/linear/graphql/schema.graphql)" for line in check_schema(stream, service.schema())
    )
    if stream.has_webhook and LISTS[stream.root].event != stream.node:
        yield f"{stream.name}: the fake Linear posts nothing about a {stream.node} (tests/fakes/linear/rows.py)."
    unsent = {column.name for column in stream.columns if column.key in LISTS[stream.root].not_sent}
    if unsent != set(stream.undelivered):
        yield f"{stream.name}: the fake Linear posts otherwise than undelivered says (tests/fakes/linear/rows.py)."
    if not changes.first_world(World()).rows[stream.root] or stream.root not in changes.ROOTS:
        yield f"{stream.name}: the random histories have no {stream.root} (tests/sync/model/changes.py)."


def _read_window(root: GraphQLField) -> tuple[str, ...]:
    if "filter" not in root.args:
        return ()
    kind = get_named_type(root.args["filter"].type)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] (graphql-core)
    assert isinstance(kind, GraphQLInputObjectType)
    return tuple(time for time in ("updatedAt", "archivedAt") if time in kind.fields)


def _read_type(field: GraphQLField) -> GraphQLObjectType:
    kind = get_named_type(field.type)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] (graphql-core)
    assert isinstance(kind, GraphQLObjectType)
    return kind


def _strip_marks(annotation: Any) -> object:
    """Return the type of a column's values without its marks, and without None."""
    if get_origin(annotation) in {Union, UnionType}:
        [annotation] = [part for part in get_args(annotation) if part is not type(None)]
    return _strip_marks(annotation.__origin__) if hasattr(annotation, "__metadata__") else annotation
