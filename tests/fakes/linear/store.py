"""Keep rows by list and id, with a clock of their own; take them away again, and hide those of a team."""

import random
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from tests.fakes.linear.rows import LISTS, REFERENCES, Loss, Row, instant

Bump: TypeAlias = Literal["archive", "trash", "restore", "comment", "removal", "drift"]
"""A change of which nobody knows whether it moves a row's `updatedAt`.

`removal` is that of what it refers to, `drift` what follows from changes elsewhere, or is no edit of its own.
"""


class Store:
    """Rows by root field and id, with Linear's names of fields; a reference is the other row's id.

    Ids and times follow from the seed and the order of calls: the clock starts at 2026 and each change takes
    a second. Change rows through the methods, from any thread: they tell the server. `bumps` are the changes that
    move `updatedAt` although they may not.
    """

    def __init__(self, seed: int, bumps: frozenset[Bump]) -> None:
        self.lock = threading.RLock()
        self.version = 0
        self.rows: dict[str, dict[str, Row]] = {root: {} for root in LISTS}
        self.by_id: dict[str, Row] = {}
        self.random = random.Random(seed)  # noqa: S311 (reproducible, not secret)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self._bumps = bumps
        self._hidden: set[str] = set()

    def add(self, root: str, **fields: Any) -> Row:
        """Add a row, with an id, times and defaults for what `fields` does not have."""
        with self.lock:
            now = self._tick()
            row: Row = {"id": self._id(), "createdAt": now, "updatedAt": now, "archivedAt": None}
            row |= LISTS[root].defaults | fields
            self.rows[root][row["id"]] = self.by_id[row["id"]] = row
            self.version += 1
            return row

    def edit(self, row: Row, **fields: Any) -> None:
        """Change a row and move its `updatedAt`, unless `fields` says where to."""
        self.bulk_edit([row], **fields)

    def bulk_edit(self, rows: Iterable[Row], **fields: Any) -> None:
        """Change rows in the same millisecond."""
        with self.lock:
            now = self._tick()
            for row in rows:
                row.update({"updatedAt": now} | fields)
            self.version += 1

    def drift(self, row: Row, **fields: Any) -> None:
        """Change what of a row follows from elsewhere; a bump named `drift` moves its `updatedAt`."""
        with self.lock:
            self._mark(row, "drift", self._tick(), **fields)

    def remove(self, row: Row) -> None:
        """Take a row away for good, without a trace, and do what REFERENCES says to those that refer to it.

        Raises ValueError, having changed nothing, for a state that issues and a status that projects still have.
        """
        with self.lock:
            self._remove(row, self._tick())
            self.version += 1

    def pass_time(self, seconds: float) -> None:
        """Move the clock on without a change."""
        with self.lock:
            self.now += timedelta(seconds=seconds)

    def hide_team(self, team: Row) -> None:
        """Let the key see neither the team nor anything in it any more; nothing of it changes."""
        with self.lock:
            self._hidden.add(team["id"])
            self.version += 1

    def show_team(self, team: Row) -> None:
        """Let the key see a hidden team again."""
        with self.lock:
            self._hidden.discard(team["id"])
            self.version += 1

    def seen(self, root: str) -> Iterator[Row]:
        """Return the rows of a list that the key sees."""
        rows = self.rows[root].values()
        return iter(rows) if not self._hidden else (row for row in rows if self._sees(row))

    def referred(self, row_id: str) -> Row | None:
        """Return the row that a reference stands for, or None where the key does not see it."""
        row = self.by_id.get(row_id)
        return row if row and (not self._hidden or self._sees(row)) else None

    def _sees(self, row: Row) -> bool:
        if row["id"] in self._hidden or row.get("team") in self._hidden:
            return False
        issues = (self.by_id.get(row[field]) for field in ("issue", "relatedIssue") if row.get(field))
        return all(issue is None or self._sees(issue) for issue in issues)

    def _remove(self, gone: Row, now: str) -> None:
        root = next(root for root, rows in self.rows.items() if gone["id"] in rows)
        touched: list[tuple[Row, str, Loss]] = [
            (row, field, loss)
            for of, field, target, loss in REFERENCES
            if target == root
            for row in self.rows[of].values()
            if row.get(field) == gone["id"] or (loss == "taken out" and gone["id"] in row[field])
        ]
        if any(loss == "forbidden" for _, _, loss in touched):
            raise ValueError("Linear removes no state or status that is still in use")
        del self.by_id[gone["id"]], self.rows[root][gone["id"]]
        for row, field, loss in touched:
            self._lose(row, field, loss, gone["id"], now)

    def _lose(self, row: Row, field: str, loss: Loss, gone: str, now: str) -> None:
        if loss == "goes":
            # A relation of an issue with itself, and what hangs on it twice, is gone already.
            if row["id"] in self.by_id:
                self._remove(row, now)
        else:
            left = [kept for kept in row[field] if kept != gone] if loss == "taken out" else None
            self._mark(row, "removal", now, **{field: left})

    def _mark(self, row: Row, change: Bump, now: str, **fields: Any) -> None:
        """Change a row; whether its `updatedAt` moves depends on the world."""
        row.update(({"updatedAt": now} if change in self._bumps else {}) | fields)
        self.version += 1

    def _id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def _tick(self) -> str:
        self.now += timedelta(seconds=1)
        return instant(self.now)
