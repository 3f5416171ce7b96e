"""Do to a run that is under way what its history says."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from shareable_backlog.errors import BacklogError
from shareable_backlog.sync.runs import RunReport
from shareable_backlog.sync.store import StreamPage
from tests.fakes.linear import FakeLinear, Fault, Refusing
from tests.fakes.linear.rows import LISTS
from tests.sync.model.histories import Refuse, Run
from tests.sync.model.other_process import Outcome
from tests.sync.model.watched import Watched

_Task: TypeAlias = "asyncio.Task[Outcome | None]"


@dataclass(slots=True)
class Trouble:
    """What happens during one run."""

    fake: FakeLinear
    watched: Watched
    run: Run
    refused: list[Refusing] = field(default_factory=list[Refusing])
    """What Linear refuses in it."""
    _stop: Callable[[], object] = bool
    _stored: int = 0
    _asked: int = 0
    _rivals: list[_Task] = field(default_factory=list[_Task])

    def begin(self, task: _Task, compete: Callable[[], _Task]) -> None:
        """Prepare the fake; `task` is the run, which has not asked yet, and `compete` starts another one."""
        loop = asyncio.get_running_loop()

        def on_request(_number: int) -> None:
            """Do it in the thread of the fake."""
            self._asked += 1
            for at, change in self.run.changes:
                if at == self._asked:
                    self.watched.change(change)
            if self._asked == self.run.forget_cursors_at:
                self.fake.forget_cursors(status=400 if self._asked % 2 else 200)
            if self._asked == self.run.stop_at_request:
                loop.call_soon_threadsafe(task.cancel)
            if self._asked == self.run.rival_at:
                loop.call_soon_threadsafe(lambda: self._rivals.append(compete()))

        self._stop = task.cancel
        self.fake.sends_date = self.run.sends_date
        self.fake.date_ahead = timedelta(seconds=self.run.date_ahead_s)
        self.fake.fail_next(Fault.TOO_COMPLEX, times=self.run.halvings)
        if self.run.fault:
            fault, after, times = self.run.fault
            self.fake.fail_next(fault, times=times, after=after)
        self.refused = [refusing for refuse in self.run.refused if (refusing := self._pick(refuse))]
        self.fake.refused = self.refused
        self.fake.on_request = on_request

    def _pick(self, refuse: Refuse) -> Refusing | None:
        """Return what that refuses in this world; None when there is no such node."""
        rows = [*self.watched.world.rows[refuse.root]]
        is_of_node = refuse.of in {"node", "node's field"}
        if is_of_node and not rows:
            return None
        node_id = rows[refuse.pick % len(rows)] if is_of_node else None
        written = LISTS[refuse.root].written if refuse.of in {"field", "node's field"} else None
        return Refusing(refuse.root, refuse.way, refuse.shape, node_id, written)

    def on_page(self, _report: RunReport, _page: StreamPage) -> None:
        """Stop the run at the store that its history says."""
        self._stored += 1
        if self._stored == self.run.stop_at_store:
            self._stop()

    async def end(self) -> None:
        """Wait for the rivals, of which most find that another sync is under way, and let the fake be well again."""
        for rival in self._rivals:
            with suppress(BacklogError):
                await rival
        self.fake.on_request = None
        self.fake.refused = []
        self.fake.forget_faults()
