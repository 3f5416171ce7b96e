"""Store one page of nodes; a row that can't be stored is set aside with its reason and stops nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from shareable_backlog.database import mirror, transaction
from shareable_backlog.database.mirror_rows import Row
from shareable_backlog.errors import Contended, DataRefused
from shareable_backlog.sync.fields import FieldInvalid, Node
from shareable_backlog.sync.streams import Stream

_WITHIN_S = 60.0
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class BadRow:
    """Say which node was set aside: its stream, its id as far as known, the field (None: the whole row), why."""

    stream: str
    id: str
    field: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """Hold nodes of one stream, as Linear's API answers them, at most about a thousand."""

    stream: Stream
    nodes: Sequence[Node]


def mapped(page: Page) -> tuple[list[Row], list[BadRow]]:
    """Give the page's rows and the nodes that can't be one; of two nodes with the same id the later counts."""
    rows: dict[str, Row] = {}
    bad: list[BadRow] = []
    for node in page.nodes:
        try:
            row = page.stream.row(node)
        except FieldInvalid as invalid:
            bad.append(BadRow(page.stream.name, str(node.get("id"))[:100], invalid.field, invalid.why))
        else:
            rows[row.id] = row
    return list(rows.values()), bad


async def page_stored(page: Page, *, instead_of_sample: bool) -> tuple[mirror.Stored, list[BadRow]]:
    """Store a page in a transaction of its own and count what happened.

    `instead_of_sample` first deletes the sample backlog, in the same transaction. A page that others' changes get in
    the way of is tried three times. Raises DatabaseUnavailable, and DatabaseFailed for what is no row's fault.
    """
    rows, bad = mapped(page)
    stored, refused = await _stored(page.stream, rows, instead_of_sample=instead_of_sample)
    return stored, bad + refused


async def _stored(stream: Stream, rows: list[Row], *, instead_of_sample: bool) -> tuple[mirror.Stored, list[BadRow]]:
    """Store rows together, or in halves where PostgreSQL refuses a value, down to the one row that it refuses."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with transaction(within_s=_WITHIN_S) as opened:
                if instead_of_sample:
                    await mirror.remove_sample(opened)
                return await mirror.upsert(opened, stream.kind, rows), []
        except Contended:
            if attempt == _ATTEMPTS:
                raise
        except DataRefused:
            if len(rows) == 1:
                return mirror.Stored(), [BadRow(stream.name, rows[0].id, None, "is refused by the database")]
            break
    middle = len(rows) // 2
    first, first_bad = await _stored(stream, rows[:middle], instead_of_sample=instead_of_sample)
    second, second_bad = await _stored(stream, rows[middle:], instead_of_sample=False)
    return first + second, first_bad + second_bad
