"""The states that issues were in, as Linear tells of them."""

from collections.abc import Generator
from datetime import UTC, datetime

import pytest
from graphql import parse, validate

from shareable_backlog.linear import state_history
from shareable_backlog.linear.connection.client import open_client
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.errors import LinearFailed, PartialAnswer
from shareable_backlog.linear.state_history import StateMove
from tests.fakes.linear import FakeLinear, Refusing, run_linear
from tests.fakes.linear.graphql import published

pytestmark = pytest.mark.anyio


@pytest.fixture
def fake() -> Generator[FakeLinear]:
    """Yield a Linear with three issues."""
    with run_linear() as fake:
        for _ in range(3):
            fake.world.add_issue()
        yield fake


def tell_past(fake: FakeLinear, number: int, *spans: tuple[str, int]) -> str:
    """Let an issue have been in these states, each from a day of January on, and return its id."""
    row = list(fake.world.rows["issues"].values())[number]
    nodes = [
        {"id": f"{number}-{day}", "stateId": state, "startedAt": f"2026-01-{day:02}T00:00:00.000Z", "endedAt": None}
        for state, day in spans
    ]
    fake.world.edit(row, stateHistory={"nodes": nodes})
    return row["id"]


async def fetch(fake: FakeLinear, *ids: str) -> list[StateMove]:
    async with open_client(fake.url, fake.key, retries=Retries(attempts=1)) as client:
        return await state_history.fetch_moves(client, ids)


def on(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


async def test_each_move_has_its_states_and_its_time_in_whatever_order_they_come(fake: FakeLinear) -> None:
    one = tell_past(fake, 0, ("done", 9), ("todo", 1), ("doing", 4), ("doing", 5))
    two = tell_past(fake, 1, ("todo", 2))
    assert await fetch(fake, one, two, "gone") == [
        StateMove(one, 0, "todo", "doing", on(4)),
        StateMove(one, 2, "doing", "done", on(9)),
    ]
    assert len(fake.requests) == 1


async def test_as_many_as_are_asked_for_at_once_cost_less_than_one_request_may(fake: FakeLinear) -> None:
    async with open_client(fake.url, fake.key, retries=Retries(attempts=1)) as client:
        await state_history.fetch_moves(client, [f"id-{at}" for at in range(state_history.MOST_ISSUES)])
        assert 5_000 < client.points_spent < 9_500


async def test_an_answer_with_a_hole_is_not_taken(fake: FakeLinear) -> None:
    one = tell_past(fake, 0, ("todo", 1))
    fake.refused = [Refusing("issues", "error", node_id=one)]
    with pytest.raises(PartialAnswer):
        await fetch(fake, one)
    fake.refused = [Refusing("issues", "rights", "null")]
    with pytest.raises(LinearFailed):
        await fetch(fake, one)


@published.needed
def test_the_query_is_valid_by_linears_own_schema() -> None:
    assert validate(published.schema(), parse(state_history.QUERY)) == []
