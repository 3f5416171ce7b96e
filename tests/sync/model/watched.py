"""Note how the source changes: what a sync can see of it, and what only a full one can."""

from dataclasses import dataclass, field

from shareable_backlog.streams import STREAMS
from tests.fakes.linear import World
from tests.sync.model import changes, equal
from tests.sync.model.changes import Change
from tests.sync.model.equal import Rows


@dataclass(slots=True)
class Watched:
    """A world that notes what is changed without a trace, and what was there all the time since `begin`."""

    world: World
    rows: Rows = field(default_factory=dict)
    silent: set[tuple[str, str]] = field(default_factory=set)
    """Rows whose last change moved neither `updatedAt` nor, of an issue, `archivedAt`: only a full run sees it."""
    always: set[tuple[str, str]] = field(default_factory=set)
    ever: set[tuple[str, str]] = field(default_factory=set)

    def begin(self) -> None:
        """Forget what was there before now."""
        self.rows = equal.source(self.world)
        self.always, self.ever = set(self.rows), set(self.rows)

    def change(self, change: Change) -> None:
        """Make a change, from any thread."""
        before, began_at = self.rows, self.world.now
        changes.apply(self.world, change)
        self.rows = equal.source(self.world)
        self.always &= self.rows.keys()
        self.ever |= self.rows.keys()
        for key, row in self.rows.items():
            if row != before.get(key):
                archived_at = row.archived_at if "archivedAt" in STREAMS[key[0]].window else None
                is_traced = row.updated_at > began_at or (archived_at is not None and archived_at > began_at)
                (self.silent.discard if is_traced else self.silent.add)(key)
