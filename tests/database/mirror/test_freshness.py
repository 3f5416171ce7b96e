"""How old the mirror is: which run says so, which one says why not, and whether it is the sample."""

from datetime import datetime, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.mirror import freshness
from shareable_backlog.database.mirror.freshness import SAMPLE_PREFIX, MirrorAge
from tests.support.mirrored import NOON, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

HOUR = timedelta(hours=1)


async def add_run(
    status: str, began: datetime = NOON, ended: datetime | None = NOON + HOUR, *, message: str | None = None
) -> None:
    await query(
        """
        INSERT INTO sync_history (status, trigger_type, started_at, completed_at, error_message)
        VALUES (%(status)s, 'automatic', %(began)s, %(ended)s, %(message)s)
        """,
        {"status": status, "began": began, "ended": ended, "message": message},
    )


@pytest.mark.parametrize("status", ["succeeded", "partial"])
async def test_a_run_that_came_to_its_end_makes_the_mirror_as_old_as_that_end(status: str) -> None:
    await add_run(status)
    assert await freshness.read_age() == MirrorAge(NOON + HOUR, None, is_sample=False)


@pytest.mark.parametrize("status", ["failed", "interrupted"])
async def test_a_run_that_did_not_leaves_the_mirror_as_old_as_it_was(status: str) -> None:
    await add_run("succeeded")
    await add_run(status, NOON + 2 * HOUR, NOON + 3 * HOUR, message="The reason.")
    found = await freshness.read_age()
    assert (found.as_of, found.failure) == (NOON + HOUR, "The reason." if status == "failed" else None)


async def test_a_good_run_after_a_failed_one_takes_the_failure_back() -> None:
    await add_run("failed", message="The reason.")
    await add_run("succeeded", NOON + 2 * HOUR, NOON + 3 * HOUR)
    assert await freshness.read_age() == MirrorAge(NOON + 3 * HOUR, None, is_sample=False)


async def test_of_runs_that_began_at_one_moment_the_one_noted_last_counts() -> None:
    await add_run("succeeded", ended=NOON + 2 * HOUR)
    await add_run("succeeded", ended=NOON + HOUR)
    assert (await freshness.read_age()).as_of == NOON + HOUR


@pytest.mark.parametrize(("stream", "hours"), [("issues", 1), ("comments", 5)])
async def test_with_its_issues_refused_the_mirror_is_as_old_as_the_refusal(stream: str, hours: int) -> None:
    await add_run("partial", NOON + 4 * HOUR, NOON + 5 * HOUR)
    await query(
        """
        INSERT INTO sync_refusals (stream, kind, name, reason, remedy, path, last_run_id, first_at, next_at)
        VALUES (%(stream)s, 'list', '', 'Why', 'Who.', 'where', 1, %(at)s, %(at)s)
        """,
        {"stream": stream, "at": NOON + HOUR},
    )
    assert (await freshness.read_age()).as_of == NOON + hours * HOUR


async def test_only_rows_of_the_sample_make_it_one() -> None:
    await store(team("ENG", id=f"a-{SAMPLE_PREFIX}"))
    assert not (await freshness.read_age()).is_sample
    await store(team("FLD", id=f"{SAMPLE_PREFIX}team"))
    assert (await freshness.read_age()).is_sample
