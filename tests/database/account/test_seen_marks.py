"""What each person has seen, in a real PostgreSQL."""

from datetime import timedelta

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.account import seen_marks
from shareable_backlog.database.account.seen_marks import SeenMark
from tests.support.mirrored import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def add_user() -> int:
    [(user_id,)] = await query("INSERT INTO users (email) VALUES ('bob@example.com') RETURNING id")
    return user_id


async def test_who_was_never_here_has_no_mark() -> None:
    assert await seen_marks.read_mark(await add_user()) is None


async def test_a_mark_that_is_begun_twice_stays_as_it_began() -> None:
    bob = await add_user()
    await seen_marks.begin_mark(bob, SeenMark(NOON, ["a"]))
    await seen_marks.begin_mark(bob, SeenMark(NOON + timedelta(days=1), []))
    assert await seen_marks.read_mark(bob) == SeenMark(NOON, ["a"])


async def test_a_mark_that_is_saved_takes_the_place_of_the_one_before() -> None:
    bob = await add_user()
    await seen_marks.begin_mark(bob, SeenMark(NOON, ["a"]))
    async with transaction() as tx:
        assert await seen_marks.lock_mark(tx, bob) == SeenMark(NOON, ["a"])
        await seen_marks.save_mark(tx, bob, SeenMark(NOON + timedelta(days=1), ["b", "c"]))
    assert await seen_marks.read_mark(bob) == SeenMark(NOON + timedelta(days=1), ["b", "c"])


async def test_a_mark_goes_with_its_person() -> None:
    bob = await add_user()
    await seen_marks.begin_mark(bob, SeenMark(NOON, []))
    await query("DELETE FROM users")
    assert await query("SELECT count(*) FROM seen_marks") == [(0,)]
