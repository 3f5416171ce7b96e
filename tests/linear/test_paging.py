import pytest

from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.client import connected
from shareable_backlog.linear.errors import LinearUnavailable, PartialAnswer, TooComplex
from shareable_backlog.linear.paging import Page, pages
from shareable_backlog.linear.queries import ISSUES
from shareable_backlog.linear.retry import Retries
from tests.fakes.linear import FakeLinear, Fault

pytestmark = pytest.mark.anyio


async def pulled(fake: FakeLinear, *, first: int = 250, after: str | None = None) -> list[Page]:
    async with connected(fake.url, fake.key, retries=Retries(attempts=1)) as client:
        return [page async for page in pages(client, ISSUES, first=first, after=after)]


def numbers(found: list[Page]) -> list[list[int]]:
    return [[node["number"] for node in page.nodes] for page in found]


@pytest.fixture(autouse=True)
def _seven_issues(fake: FakeLinear) -> None:
    for _ in range(7):
        fake.world.add_issue()


async def test_every_row_comes_once_newest_first(fake: FakeLinear) -> None:
    assert numbers(await pulled(fake, first=3)) == [[7, 6, 5], [4, 3, 2], [1]]


async def test_archived_rows_come_too(fake: FakeLinear) -> None:
    [issue, *_] = fake.world.rows["issues"].values()
    fake.world.edit(issue, archivedAt=issue["updatedAt"])
    [page] = await pulled(fake)
    assert len(page.nodes) == 7


async def test_an_empty_stream_is_one_empty_page(fake: FakeLinear) -> None:
    for issue in list(fake.world.rows["issues"].values()):
        fake.world.remove(issue)
    assert await pulled(fake) == [Page([], None, has_next_page=False)]


async def test_a_walk_goes_on_from_a_cursor(fake: FakeLinear) -> None:
    [first_page, *_] = await pulled(fake, first=3)
    assert numbers(await pulled(fake, first=3, after=first_page.end_cursor)) == [[4, 3, 2], [1]]


async def test_a_page_that_is_too_complex_is_asked_for_in_halves(fake: FakeLinear) -> None:
    fake.fail_next(Fault.TOO_COMPLEX, times=2, after=1)
    assert numbers(await pulled(fake, first=4)) == [[7, 6, 5, 4], [3], [2], [1]]
    assert [request.variables["first"] for request in fake.requests] == [4, 4, 2, 1, 1, 1]


async def test_a_page_that_is_too_large_is_asked_for_in_halves(fake: FakeLinear) -> None:
    for issue in fake.world.rows["issues"].values():
        fake.world.edit(issue, description="x" * 2_000)
    async with connected(fake.url, fake.key, largest_answer=8_000) as client:
        assert [len(page.nodes) async for page in pages(client, ISSUES, first=4)] == [2, 2, 2, 1]


async def test_a_single_row_that_is_too_complex_ends_the_walk(fake: FakeLinear) -> None:
    fake.fail_next(Fault.TOO_COMPLEX, times=9)
    with pytest.raises(TooComplex):
        await pulled(fake, first=5)
    assert [request.variables["first"] for request in fake.requests] == [5, 2, 1]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.PARTIAL, PartialAnswer),
        (Fault.NULL_NODE, PartialAnswer),
        (Fault.NULL_CONNECTION, PartialAnswer),
        (Fault.TRUNCATED_JSON, LinearUnavailable),
    ],
)
async def test_a_page_with_holes_ends_the_walk_and_gives_nothing(
    fake: FakeLinear, fault: Fault, error: type[LinearFailed]
) -> None:
    fake.fail_next(fault, after=1)
    async with connected(fake.url, fake.key, retries=Retries(attempts=1)) as client:
        walk = pages(client, ISSUES, first=3)
        assert numbers([await anext(walk)]) == [[7, 6, 5]]
        with pytest.raises(error):
            await anext(walk)


async def test_a_cursor_that_stands_still_ends_the_walk(fake: FakeLinear) -> None:
    fake.fail_next(Fault.STUCK_CURSOR, times=9)
    with pytest.raises(PartialAnswer):
        await pulled(fake, first=3)
    assert len(fake.requests) == 2
