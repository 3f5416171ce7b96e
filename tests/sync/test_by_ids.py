"""Rows are fetched by their ids, whatever is refused of them."""

from collections.abc import Generator

import pytest

from shareable_backlog.linear.connection.client import open_client
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.lists import ListReader
from shareable_backlog.streams.issues import ISSUES
from shareable_backlog.sync import by_ids
from shareable_backlog.sync.refused import KnownRefusals
from shareable_backlog.sync.store import Batch
from tests.fakes.linear import FakeLinear, Refusing, run_linear

pytestmark = pytest.mark.anyio


@pytest.fixture
def fake() -> Generator[FakeLinear]:
    """Yield a Linear with five issues."""
    with run_linear() as fake:
        for _ in range(5):
            fake.world.add_issue()
        yield fake


async def fetch(fake: FakeLinear, *ids: str) -> list[Batch]:
    async with open_client(fake.url, fake.key, retries=Retries(attempts=1)) as client:
        return [batch async for batch in by_ids.fetch_by_ids(ListReader(client), ISSUES, ids, KnownRefusals())]


def nodes_of(batches: list[Batch]) -> set[str]:
    return {node.id for batch in batches for page in batch.pages for node in page.nodes}


def refused_of(batches: list[Batch]) -> set[tuple[str, str, str]]:
    return {one.key for batch in batches for one in batch.refused}


async def test_those_rows_come_and_no_others(fake: FakeLinear) -> None:
    first, second, *_ = fake.world.rows["issues"]
    batches = await fetch(fake, first, second, "gone")
    assert nodes_of(batches) == {first, second}
    assert not refused_of(batches)
    assert len(fake.requests) == 1


@pytest.mark.parametrize("field", ["title", None])
async def test_one_that_is_refused_is_named_and_the_others_come(fake: FakeLinear, field: str | None) -> None:
    first, second, third, *_ = fake.world.rows["issues"]
    fake.refused = [Refusing("issues", "error", node_id=second, field=field)]
    batches = await fetch(fake, first, second, third)
    assert nodes_of(batches) == {first, third}
    assert refused_of(batches) == {("issues", "node", second)}


async def test_where_all_is_refused_some_are_named(fake: FakeLinear) -> None:
    first, second, *_ = fake.world.rows["issues"]
    fake.refused = [Refusing("issues", "rights")]
    batches = await fetch(fake, first, second)
    assert refused_of(batches) == {("issues", "node", first), ("issues", "node", second)}
