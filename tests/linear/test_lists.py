"""Lists are read so that what is refused of one stops no other."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from shareable_backlog.linear.connection.client import open_client
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.errors import CursorInvalid, Forbidden, InvalidQuery
from shareable_backlog.linear.lists import UNKNOWN_ID, ListReader, ListRound
from shareable_backlog.linear.paging import NodePage
from shareable_backlog.linear.queries import LARGEST_PAGE, PageRequest
from shareable_backlog.streams import STREAMS
from tests.fakes.linear import FakeLinear, Fault, Refusing

pytestmark = pytest.mark.anyio

_ASKS = {name: PageRequest(stream) for name, stream in STREAMS.items()}
ISSUES, COMMENTS = _ASKS["issues"], _ASKS["comments"]


@asynccontextmanager
async def reading(fake: FakeLinear) -> AsyncGenerator[ListReader]:
    async with open_client(fake.url, fake.key, retries=Retries(attempts=1)) as client:
        yield ListReader(client)


async def read_all(reader: ListReader, *asks: PageRequest) -> list[ListRound]:
    """Read lists to their ends."""
    rounds: list[ListRound] = []
    left: dict[str, PageRequest] = {ask.stream.name: ask for ask in asks}
    while left:
        rounds.append(await reader.fetch_round(list(left.values())))
        pages = rounds[-1].pages
        left = {
            name: replace(ask, after=pages[name].end_cursor)
            for name, ask in left.items()
            if name in pages and pages[name].has_next_page
        }
    return rounds


def pages_of(rounds: list[ListRound], stream: str) -> list[NodePage]:
    return [fetched.pages[stream] for fetched in rounds if stream in fetched.pages]


def add_issues(fake: FakeLinear, count: int) -> list[str]:
    return [fake.world.add_issue()["id"] for _ in range(count)]


async def test_without_a_refusal_several_lists_cost_one_request(fake: FakeLinear) -> None:
    add_issues(fake, 3)
    async with reading(fake) as reader:
        fetched = await reader.fetch_round(list(_ASKS.values()), with_counts=True)
    assert fetched.pages.keys() == STREAMS.keys()
    assert fetched.counts
    assert fetched.workspace_id == fake.world.organization["id"]
    assert len(fake.requests) == 1


async def test_a_list_that_is_named_costs_two_requests_more(fake: FakeLinear) -> None:
    add_issues(fake, 3)
    fake.refused = [Refusing("comments", "rights", "null")]
    async with reading(fake) as reader:
        fetched = await reader.fetch_round(list(_ASKS.values()), with_counts=True)
    assert fetched.pages.keys() == STREAMS.keys() - {"comments"}
    assert fetched.refused_lists == {"comments"}
    assert len(fake.requests) == 3


@pytest.mark.parametrize("stream", STREAMS)
async def test_a_list_that_is_not_named_is_found_by_halves(fake: FakeLinear, stream: str) -> None:
    fake.world.fill()
    fake.refused = [Refusing(STREAMS[stream].root, "plan", "unnamed")]
    async with reading(fake) as reader:
        fetched = await reader.fetch_round(list(_ASKS.values()))
    assert fetched.pages.keys() == STREAMS.keys() - {stream}
    assert [(one.stream, one.cause) for one in fetched.refused] == [(stream, "plan")]
    assert len(fake.requests) <= 13


async def test_a_key_that_may_read_nothing_is_no_matter_of_lists(fake: FakeLinear) -> None:
    fake.fail_next(Fault.FORBIDDEN, times=99)
    async with reading(fake) as reader:
        with pytest.raises(Forbidden):
            await reader.fetch_round(list(_ASKS.values()))
    assert len(fake.requests) == 2


async def test_when_every_list_is_refused_the_first_error_is_raised(fake: FakeLinear) -> None:
    fake.refused = [Refusing("issues", "rights", "unnamed"), Refusing("comments", "rights", "unnamed")]
    async with reading(fake) as reader:
        with pytest.raises(Forbidden):
            await reader.fetch_round([ISSUES, COMMENTS])


@pytest.mark.parametrize("position", [0, 1, 77, 249])
@pytest.mark.parametrize("shape", ["partial", "null", "unnamed"])
async def test_one_node_is_skipped_wherever_it_stands(fake: FakeLinear, position: int, shape: str) -> None:
    ids = add_issues(fake, LARGEST_PAGE)[::-1]
    fake.refused = [Refusing("issues", "error", shape, node_id=ids[position], field="title")]  # pyright: ignore[reportArgumentType]
    async with reading(fake) as reader:
        rounds = await read_all(reader, ISSUES, COMMENTS)
    pages = pages_of(rounds, "issues")
    assert [node.id for page in pages for node in page.nodes] == ids[:position] + ids[position + 1 :]
    assert [bad.id for page in pages for bad in page.bad] == [ids[position]]
    assert len(fake.requests) <= 22


async def test_a_hole_that_tells_nothing_is_passed_by(fake: FakeLinear) -> None:
    ids = add_issues(fake, 5)[::-1]
    fake.refused = [Refusing("issues", "error", "silent", node_id=ids[2])]
    async with reading(fake) as reader:
        rounds = await read_all(reader, ISSUES)
    pages = pages_of(rounds, "issues")
    assert [node.id for page in pages for node in page.nodes] == ids[:2] + ids[3:]
    assert [bad.id for page in pages for bad in page.bad] == [UNKNOWN_ID]
    assert [one.kind for fetched in rounds for one in fetched.refused] == ["hole"]


async def test_a_sweep_learns_of_a_node_what_it_needs(fake: FakeLinear) -> None:
    ids = add_issues(fake, 5)[::-1]
    fake.refused = [Refusing("issues", "error", "null", node_id=ids[2], field="parent")]
    async with reading(fake) as reader:
        rounds = await read_all(reader, replace(ISSUES, seen_only=True, order="createdAt"))
    assert [node.id for page in pages_of(rounds, "issues") for node in page.nodes] == ids
    assert not [one for fetched in rounds for one in fetched.refused]


async def test_a_field_that_all_nodes_lack_is_left_out(fake: FakeLinear) -> None:
    for number in range(9):
        fake.world.add_project(f"Project {number}")
    fake.refused = [Refusing("projects", "plan", field="health")]
    async with reading(fake) as reader:
        rounds = await read_all(reader, _ASKS["projects"], COMMENTS)
        assert reader.left_out["projects"] == {"health"}
        assert await reader.try_field(STREAMS["projects"], "health")
        fake.refused = []
        assert await reader.try_field(STREAMS["projects"], "health") is None
    assert sum(len(page.nodes) for page in pages_of(rounds, "projects")) == 9


async def test_cursors_are_doubted_before_a_list_is(fake: FakeLinear) -> None:
    add_issues(fake, LARGEST_PAGE + 1)
    async with reading(fake) as reader:
        first = await reader.fetch_round([ISSUES])
        fake.forget_cursors()
        following = replace(ISSUES, after=first.pages["issues"].end_cursor)
        with pytest.raises(CursorInvalid):
            await reader.fetch_round([following])
        reader.doubts_cursors = False
        assert (await reader.fetch_round([following])).refused_lists == {"issues"}


async def test_the_workspace_is_known_though_the_counts_are_refused(fake: FakeLinear) -> None:
    fake.refused = [Refusing("teams", "rights")]
    async with reading(fake) as reader:
        fetched = await reader.fetch_round([ISSUES], with_counts=True)
        assert (fetched.counts, fetched.workspace_id) == (None, None)
        assert await reader.fetch_workspace_id() == fake.world.organization["id"]
    assert fetched.refused_lists == {"counts"}


async def test_a_query_that_nothing_of_is_understood_is_told_as_such(fake: FakeLinear) -> None:
    fake.fail_next(Fault.VALIDATION_FAILED, times=9)
    async with reading(fake) as reader:
        with pytest.raises(InvalidQuery):
            await reader.fetch_round([ISSUES, COMMENTS])
