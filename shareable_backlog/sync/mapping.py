"""Turn Linear's nodes into the mirror's rows, as the columns of their stream say."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from shareable_backlog.linear.nodes import Seen
from shareable_backlog.streams.columns import MirrorRow
from shareable_backlog.streams.stream import Stream


@cache
def make_mapper(stream: Stream) -> Callable[[Seen], MirrorRow]:
    """Return what makes a row of a whole node of the stream."""
    names = [column.name for column in stream.columns]
    values_of = attrgetter(*(column.field for column in stream.columns))
    references = [column.name for column in stream.columns if column.is_reference]
    made = [(column.name, column.make) for column in stream.columns if column.make]
    blank: dict[str, Any] = dict.fromkeys(names)

    def make_row(node: Seen) -> MirrorRow:
        values = blank.copy()  # one of the right size is filled in half the time
        values.update(zip(names, values_of(node), strict=True))
        for name in references:
            if values[name] is not None:
                values[name] = values[name].id
        for name, make in made:
            values[name] = make(values[name])
        return stream.kind(**values)

    return make_row
