"""Pages of several lists with one request each time."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import pytest
from msgspec.structs import replace

from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.connection.client import LinearClient, open_client
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.errors import (
    CursorInvalid,
    InvalidQuery,
    LinearUnavailable,
    PartialAnswer,
    TooComplex,
)
from shareable_backlog.linear.paging import IssueCount, NodePage, PageReader
from shareable_backlog.linear.queries import LARGEST_PAGE, PageRequest
from shareable_backlog.streams import STREAMS
from tests.fakes.linear import FakeLinear, Fault

pytestmark = pytest.mark.anyio

_ASKS = {name: PageRequest(stream) for name, stream in STREAMS.items()}
ISSUES, COMMENTS = _ASKS["issues"], _ASKS["comments"]
_TWO_PAGES = LARGEST_PAGE + 3


def connection(fake: FakeLinear) -> AbstractAsyncContextManager[LinearClient]:
    return open_client(fake.url, fake.key, retries=Retries(attempts=1))


def add_issues(fake: FakeLinear, count: int) -> None:
    for _ in range(count):
        fake.world.add_issue()


def ids(fake: FakeLinear, root: str = "issues") -> list[str]:
    return list(fake.world.rows[root])


async def walked(reader: PageReader, ask: PageRequest = ISSUES) -> list[NodePage]:
    """Read one list to its end."""
    pages: list[NodePage] = []
    while not pages or pages[-1].has_next_page:
        pages += (await reader.fetch_round([ask])).pages
        ask = replace(ask, after=pages[-1].end_cursor)
    return pages


def seen(pages: Sequence[NodePage]) -> list[str]:
    return [node.id for page in pages for node in page.nodes]


def asked_for(fake: FakeLinear) -> list[int]:
    return [request.variables["issues_first"] for request in fake.requests]


async def test_every_row_comes_once_newest_first(fake: FakeLinear) -> None:
    add_issues(fake, _TWO_PAGES)
    async with connection(fake) as client:
        pages = await walked(PageReader(client))
    assert [len(page.nodes) for page in pages] == [LARGEST_PAGE, 3]
    assert seen(pages) == ids(fake)[::-1]


async def test_several_lists_come_with_one_request_in_the_order_asked_for(fake: FakeLinear) -> None:
    issue = fake.world.add_issue()
    comment = fake.world.add_comment(issue)
    async with connection(fake) as client:
        fetched = await PageReader(client).fetch_round([COMMENTS, ISSUES])
    assert [seen([page]) for page in fetched.pages] == [[comment["id"]], [issue["id"]]]
    assert len(fake.requests) == 1


async def test_each_list_goes_on_from_its_own_cursor(fake: FakeLinear) -> None:
    add_issues(fake, _TWO_PAGES)
    [first, *_] = fake.world.rows["issues"].values()
    fake.world.add_comment(first)
    async with connection(fake) as client:
        reader = PageReader(client)
        [issues, comments] = (await reader.fetch_round([ISSUES, COMMENTS])).pages
        assert (issues.has_next_page, comments.has_next_page) == (True, False)
        [issues] = (await reader.fetch_round([replace(ISSUES, after=issues.end_cursor)])).pages
    assert seen([issues]) == ids(fake)[:3][::-1]


async def test_all_lists_with_the_counts_stay_under_the_limit_of_one_request(fake: FakeLinear) -> None:
    async with connection(fake) as client:
        fetched = await PageReader(client).fetch_round(list(_ASKS.values()), with_counts=True)
    assert len(fetched.pages) == len(_ASKS)
    assert len(fake.requests) == 1
    assert fake.points_spent <= 10_000


async def test_an_empty_list_is_one_empty_page(fake: FakeLinear) -> None:
    async with connection(fake) as client:
        assert await walked(PageReader(client)) == [NodePage([], [], None, has_next_page=False)]


async def test_archived_rows_come_too(fake: FakeLinear) -> None:
    fake.world.archive(fake.world.add_issue())
    async with connection(fake) as client:
        assert seen(await walked(PageReader(client))) == ids(fake)


async def test_linears_counts_of_issues_come_when_asked_for(fake: FakeLinear) -> None:
    team = fake.world.add_team()
    add_issues(fake, 2)
    fake.world.archive(fake.world.add_issue())
    async with connection(fake) as client:
        reader = PageReader(client)
        assert (await reader.fetch_round([ISSUES], with_counts=True)).counts == [
            IssueCount(team_id=team["id"], all=3, unarchived=2)
        ]
        assert (await reader.fetch_round([ISSUES])).counts is None


async def test_a_request_that_is_too_complex_is_asked_for_in_halves_and_so_are_all_after_it(fake: FakeLinear) -> None:
    add_issues(fake, 150)
    fake.fail_next(Fault.TOO_COMPLEX, times=2)
    async with connection(fake) as client:
        pages = await walked(PageReader(client))
    assert asked_for(fake) == [250, 125, 62, 62, 62]
    assert seen(pages) == ids(fake)[::-1]


async def test_an_answer_that_is_too_large_is_asked_for_in_halves(fake: FakeLinear) -> None:
    for _ in range(7):
        fake.world.add_issue(description="x" * 2_000)
    async with open_client(fake.url, fake.key, largest_answer=12_000) as client:
        pages = await walked(PageReader(client))
    assert [len(page.nodes) for page in pages] == [3, 3, 1]


async def test_a_single_row_that_is_too_complex_is_given_up(fake: FakeLinear) -> None:
    fake.fail_next(Fault.TOO_COMPLEX, times=99)
    async with connection(fake) as client:
        with pytest.raises(TooComplex):
            await PageReader(client).fetch_round([ISSUES])
    assert asked_for(fake) == [250, 125, 62, 31, 15, 7, 3, 1]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.PARTIAL, PartialAnswer),
        (Fault.NULL_NODE, PartialAnswer),
        (Fault.NULL_CONNECTION, PartialAnswer),
        (Fault.TRUNCATED_JSON, LinearUnavailable),
    ],
)
async def test_an_answer_with_holes_is_not_used(fake: FakeLinear, fault: Fault, error: type[LinearFailed]) -> None:
    add_issues(fake, 2)
    fake.fail_next(fault)
    async with connection(fake) as client:
        with pytest.raises(error):
            await PageReader(client).fetch_round([ISSUES, COMMENTS])


async def test_a_node_that_is_none_is_set_aside_and_spoils_no_other(fake: FakeLinear) -> None:
    add_issues(fake, 3)
    [_, second, _] = fake.world.rows["issues"].values()
    fake.world.edit(second, createdAt="0001-01-01T00:00:00.000Z")
    async with connection(fake) as client:
        [page] = await walked(PageReader(client))
    assert [(bad.id, bad.field) for bad in page.bad] == [(second["id"], "created_at")]
    assert len(page.nodes) == 2


async def test_a_cursor_that_stands_still_ends_the_walk(fake: FakeLinear) -> None:
    add_issues(fake, 3)
    fake.fail_next(Fault.STUCK_CURSOR, times=9)
    async with connection(fake) as client:
        with pytest.raises(PartialAnswer):
            await walked(PageReader(client))
    assert len(fake.requests) == 2


async def test_a_list_may_be_read_a_second_time(fake: FakeLinear) -> None:
    add_issues(fake, _TWO_PAGES)
    async with connection(fake) as client:
        reader = PageReader(client)
        assert seen(await walked(reader)) == seen(await walked(reader))


@pytest.mark.parametrize("status", [400, 200])
async def test_a_cursor_that_linear_takes_no_more_is_told_apart(fake: FakeLinear, status: int) -> None:
    add_issues(fake, _TWO_PAGES)
    async with connection(fake) as client:
        reader = PageReader(client)
        [page] = (await reader.fetch_round([ISSUES])).pages
        fake.forget_cursors(status=status)
        with pytest.raises(CursorInvalid):
            await reader.fetch_round([replace(ISSUES, after=page.end_cursor)])


async def test_a_query_that_is_refused_without_a_cursor_is_no_matter_of_cursors(fake: FakeLinear) -> None:
    fake.fail_next(Fault.VALIDATION_FAILED)
    async with connection(fake) as client:
        with pytest.raises(InvalidQuery) as caught:
            await PageReader(client).fetch_round([ISSUES])
    assert not isinstance(caught.value, CursorInvalid)
