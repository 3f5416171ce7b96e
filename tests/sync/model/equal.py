"""Compare the mirror with the source: every stream, every column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from shareable_backlog.linear.nodes import make_node_type
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.columns import MirrorRow
from shareable_backlog.sync.mapping import make_mapper
from tests.fakes.linear import World
from tests.fakes.linear.rows import REFERENCES

Rows: TypeAlias = dict[tuple[str, str], MirrorRow]
"""Rows of the mirror's kinds, by stream and id."""

_REFERRING = {(of, field) for of, field, _, loss in REFERENCES if loss != "taken out"}


@dataclass(frozen=True, slots=True)
class Mirror:
    """What the mirror shows, and what it hides as removed."""

    live: Rows = field(default_factory=Rows)
    removed: frozenset[tuple[str, str]] = frozenset()


def source(world: World) -> Rows:
    """Return the rows that the mirror should have of all that the key sees."""
    with world.lock:
        return {
            (name, row["id"]): make_mapper(stream)(
                msgspec.convert(_answered(world, root, row), make_node_type(stream))
            )
            for name, stream in STREAMS.items()
            for root in [stream.root]
            for row in world.seen(root)
        }


def _answered(world: World, root: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as the API answers it: a reference as `{ id }`, or null where the key does not see it."""
    return {
        field: (world.referred(value) and {"id": value}) if value and (root, field) in _REFERRING else value
        for field, value in row.items()
    }


def mirror(connection: psycopg.Connection) -> Mirror:
    """Read the whole mirror."""
    live: Rows = {}
    removed: set[tuple[str, str]] = set()
    for name, stream in STREAMS.items():
        columns = SQL(", ").join(map(Identifier, stream.kind.__struct_fields__))
        query = SQL("SELECT {}, removed_at IS NULL AS is_live FROM {}").format(columns, Identifier(stream.table))
        for found in connection.cursor(row_factory=dict_row).execute(query):
            is_live = found.pop("is_live")
            if is_live:
                live[name, found["id"]] = stream.kind(**found)
            else:
                removed.add((name, found["id"]))
    return Mirror(live, frozenset(removed))


def differences(expected: Rows, found: Rows) -> list[str]:
    """Say in what rows differ, one line a field; nothing for equal ones."""
    lines = [f"{name} {id_}: is missing" for name, id_ in expected.keys() - found.keys()]
    lines += [f"{name} {id_}: is not in the source" for name, id_ in found.keys() - expected.keys()]
    for name, id_ in expected.keys() & found.keys():
        one, other = expected[name, id_], found[name, id_]
        lines += [
            f"{name} {id_}: {field} is {getattr(other, field)!r}, in the source {getattr(one, field)!r}"
            for field in one.__struct_fields__
            if getattr(one, field) != getattr(other, field)
        ]
    return sorted(lines)
