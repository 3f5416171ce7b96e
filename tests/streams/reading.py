"""Read one node as a stream's row."""

from typing import Any

from shareable_backlog.linear import checking
from shareable_backlog.linear.nodes import make_node_type
from shareable_backlog.streams.stream import Stream
from shareable_backlog.sync.mapping import make_mapper

_NOW = "2026-01-02T03:04:05.678Z"


def read(stream: Stream, **fields: Any) -> Any:
    """Return the row of a node with these fields, or which of them is wrong."""
    node = {"id": "some", "createdAt": _NOW, "updatedAt": _NOW, **fields}
    good, bad = checking.check_nodes(make_node_type(stream), [node])
    return make_mapper(stream)(good[0]) if good else bad[0].field
