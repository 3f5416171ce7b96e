"""Let a history happen to a fake Linear and the mirror, and say what must hold after each run."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from msgspec.structs import replace
from psycopg.sql import SQL, Identifier

from shareable_backlog import database, logs
from shareable_backlog.config import Secret, Settings
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.errors import BacklogError
from shareable_backlog.streams import STREAMS, TABLES
from shareable_backlog.sync import pull
from shareable_backlog.sync.pull import SyncRequest
from tests.fakes.linear import FakeLinear, World, run_linear
from tests.sync.model import changes, equal
from tests.sync.model.changes import Change
from tests.sync.model.equal import Mirror, Rows
from tests.sync.model.histories import History, Run
from tests.sync.model.other_process import RETRIES, OtherProcess, Outcome, judge
from tests.sync.model.troubles import Trouble
from tests.sync.model.watched import Watched

_TABLES = (*TABLES.values(), "search_entries", "sweep_entries", "sync_cursors", "sync_history", "sync_refusals")
_MORE_THAN_THE_OVERLAP: Change = ("pass", "600", 0, 0)
_LAST_RUN = Run(is_full=True, removals_allowed=True)


@dataclass(slots=True)
class Play:
    """A fake Linear and a mirror on which histories happen one after the other."""

    fake: FakeLinear
    settings: Settings
    admin: psycopg.Connection
    runner: asyncio.Runner
    other: OtherProcess
    last: Mirror = field(default_factory=Mirror)
    """What the last run left."""

    def __call__(self, history: History) -> None:
        """Let a history happen, and then three runs without trouble; AssertionError for what should not be."""
        watched = self.begin(history)
        for step in history.steps:
            if isinstance(step, Run):
                self.run(watched, step)
            elif isinstance(step, int):
                self.jump(step)
            else:
                watched.change(step)
        watched.change(_MORE_THAN_THE_OVERLAP)
        self.run(watched, Run())
        self.end(watched)

    def begin(self, history: History) -> Watched:
        """Begin with a small world and an empty mirror."""
        self.admin.execute(SQL("; ").join(SQL("DELETE FROM {}").format(Identifier(table)) for table in _TABLES))
        # Else each history reads past the rows of those before it.
        self.admin.execute(SQL("VACUUM {}").format(SQL(", ").join(map(Identifier, _TABLES))))
        self.last = Mirror()
        world = changes.first_world(World(bumps=history.bumps, trash_archives=history.trash_archives))
        self.fake.serve_instead(world)
        watched = Watched(world)
        watched.begin()
        return watched

    def converge(self, watched: Watched) -> None:
        """Check that a full run without trouble makes the mirror equal to the source."""
        watched.change(_MORE_THAN_THE_OVERLAP)
        self.run(watched, _LAST_RUN)
        _agree(watched.rows, self.last)

    def end(self, watched: Watched) -> None:
        """Check that a full run without trouble makes the mirror equal to the source, and the next one is cheap."""
        self.converge(watched)
        self._rest(watched)

    def _rest(self, watched: Watched) -> None:
        """Check that with nothing new a run costs one request, and changes nothing."""
        self.fake.requests.clear()
        report = self.run(watched, Run())
        assert report
        assert report.total == RowCounts()
        assert len(self.fake.requests) == 1

    def jump(self, seconds: int) -> None:
        """Let the clock of the database jump: what it says of the past moves the other way."""
        by = {"seconds": seconds}
        self.admin.execute("UPDATE sync_refusals SET next_at = next_at - make_interval(secs => %(seconds)s)", by)
        self.admin.execute("UPDATE sync_history SET started_at = started_at - make_interval(secs => %(seconds)s)", by)

    def run(self, watched: Watched, run: Run) -> Outcome | None:
        """Run a sync and check what must hold after it; None for one that failed, as it may only in trouble."""
        # Times of Linear's answers have no fractions: what was made in the second of a sweep, it does not judge.
        watched.world.pass_time(2)
        watched.begin()
        trouble = Trouble(self.fake, watched, run)
        outcome = self.runner.run(self._run_sync(trouble, run))
        before, after = self.last, equal.mirror(self.admin)
        self.last = after
        _check_always(watched, before, after)
        if run.is_undisturbed:
            assert outcome
            _check_undisturbed(watched, outcome, after)
            assert not self.admin.execute("SELECT 1 FROM sync_history WHERE completed_at IS NULL").fetchall()
            assert not self.admin.execute("SELECT * FROM sync_refusals WHERE kind IN ('list', 'field')").fetchall()
        elif run.is_undisturbed_but_refused:
            assert outcome
            _check_refused(watched, trouble, after)
        return outcome

    async def _run_sync(self, trouble: Trouble, run: Run) -> Outcome | None:
        """Run a sync, with what is to happen meanwhile; None when it failed, as it may only in trouble."""

        def start(wanted: SyncRequest, *, is_elsewhere: bool) -> "asyncio.Task[Outcome | None]":
            return asyncio.create_task((self._run_elsewhere if is_elsewhere else self._run_here)(wanted, trouble))

        trigger = "automatic" if run.is_automatic else "manual"
        wanted = SyncRequest(trigger, run.is_full, run.removals_allowed)
        task = start(wanted, is_elsewhere=run.is_elsewhere)
        trouble.begin(task, lambda: start(SyncRequest("manual"), is_elsewhere=not run.is_elsewhere))
        try:
            return await task
        except (BacklogError, asyncio.CancelledError):
            if run.is_undisturbed_but_refused:
                raise
            return None
        finally:
            await trouble.end()

    async def _run_here(self, wanted: SyncRequest, trouble: Trouble) -> Outcome:
        settings = replace(self.settings, linear_api_url=self.fake.url, linear_api_key=Secret(self.fake.key))
        return judge(await pull.run_sync(settings, wanted, trouble.on_page, retries=RETRIES))

    async def _run_elsewhere(self, wanted: SyncRequest, _trouble: Trouble) -> Outcome | None:
        return await self.other.run(
            trigger=wanted.trigger,
            is_full=wanted.is_full,
            removals_allowed=wanted.removals_allowed,
            settings={"LINEAR_API_URL": self.fake.url, "LINEAR_API_KEY": self.fake.key},
        )


def _check_always(watched: Watched, before: Mirror, after: Mirror) -> None:
    """Check what must hold after every run, whatever happened in it."""
    gone = (after.removed - before.removed) & watched.always
    assert not gone, f"removed, although in the source all the time: {gone}"
    invented = after.live.keys() - before.live.keys() - watched.ever
    assert not invented, f"shown, although not in the source: {invented}"
    newer = {
        key
        for key, row in after.live.items()
        if key in watched.rows and row.updated_at > watched.rows[key].updated_at
    }
    assert not newer, f"newer than the source: {newer}"


def _check_refused(watched: Watched, trouble: Trouble, after: Mirror) -> None:
    """Check that all changes with a trace have arrived but for what was refused."""
    roots = {refuse.root for refuse in trouble.run.refused if refuse.is_of_list}
    lists = {name for name, stream in STREAMS.items() if stream.root in roots}
    nodes = {refusing.node_id for refusing in trouble.refused}
    traced = {
        key: row
        for key, row in watched.rows.items()
        if key not in watched.silent and key[0] not in lists and key[1] not in nodes
    }
    _agree(traced, Mirror({key: row for key, row in after.live.items() if key in traced}))


def _check_undisturbed(watched: Watched, outcome: Outcome, after: Mirror) -> None:
    """Check that all changes with a trace have arrived, and after a whole full run all of them."""
    traced = {key: row for key, row in watched.rows.items() if key not in watched.silent}
    _agree(traced, Mirror({key: row for key, row in after.live.items() if key in traced}))
    if outcome.is_full and outcome.status == "succeeded":
        _agree(watched.rows, after)
        watched.silent.clear()


def _agree(source: Rows, mirror: Mirror) -> None:
    lines = equal.differences(source, mirror.live)
    assert not lines, "the mirror differs from the source:\n" + "\n".join(lines)


@contextmanager
def open_play(settings: Settings, *, through: str | None = None) -> Generator[Play]:
    """Yield a player on a migrated database of its own, whose rows it deletes.

    The program is given the URL `through` instead of that of the settings.
    """
    assert settings.database_url
    logs.configure_logs("warning", settings.log_format)
    with (
        run_linear() as fake,
        psycopg.connect(settings.database_url.reveal(), autocommit=True) as admin,
        asyncio.Runner() as runner,
    ):
        fake.requests_limit = fake.complexity_limit = 10**9
        url = Secret(through) if through else settings.database_url
        opened = database.open_database(replace(settings, database_url=url))
        runner.run(opened.__aenter__())
        other = OtherProcess({"DATABASE_URL": url.reveal(), "SLB_DATA_DIR": str(settings.data_dir)})
        try:
            yield Play(fake, settings, admin, runner, other)
        finally:
            runner.run(other.end())
            runner.run(opened.__aexit__(None, None, None))
