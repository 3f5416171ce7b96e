"""What is asked of Linear."""

import re

import msgspec
import pytest
from graphql import NoDeprecatedCustomRule, parse, specified_rules, validate
from msgspec.structs import replace

from shareable_backlog.linear.queries import LARGEST_PAGE, PageRequest, compute_sizes, render_request
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.stream import Stream
from tests.fakes.linear.graphql import published, service
from tests.fakes.linear.graphql.complexity import points

NAMED_OTHERWISE = {"private": "visibility"}

each_stream = pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
everything = [PageRequest(stream) for stream in STREAMS.values()]
every_id = [PageRequest(stream, order="createdAt", seen_only=bool(stream.window)) for stream in STREAMS.values()]


def text(*asks: PageRequest) -> str:
    return render_request(asks, compute_sizes(asks), with_counts=True)[0]


@pytest.mark.slow
@published.needed
@pytest.mark.parametrize("asks", [everything, every_id], ids=["everything", "every id"])
def test_linear_knows_every_field_and_discourages_none(asks: list[PageRequest]) -> None:
    assert not validate(published.schema(), parse(text(*asks)), [*specified_rules, NoDeprecatedCustomRule])


@pytest.mark.parametrize("asks", [everything, every_id], ids=["everything", "every id"])
def test_the_fake_knows_every_field(asks: list[PageRequest]) -> None:
    assert not validate(service.schema(), parse(text(*asks)))


@pytest.mark.parametrize(
    "asks",
    [everything, every_id, *([PageRequest(stream)] for stream in STREAMS.values())],
    ids=["everything", "every id", *STREAMS],
)
def test_a_request_stays_under_the_points_of_one_query(asks: list[PageRequest]) -> None:
    query, variables = render_request(asks, compute_sizes(asks), with_counts=True)
    assert points(service.schema(), parse(query), variables) < 10_000


@each_stream
def test_a_list_alone_is_asked_for_in_the_largest_pages(stream: Stream) -> None:
    assert compute_sizes([PageRequest(stream)]) == [LARGEST_PAGE]


def test_issues_get_whole_pages_beside_everything_else() -> None:
    asked = dict(zip((ask.stream.name for ask in everything), compute_sizes(everything), strict=True))
    assert (asked["issues"], asked["comments"]) == (250, 250)
    assert min(asked.values()) >= 25


def test_half_pages_are_half_everywhere() -> None:
    assert max(compute_sizes(everything, largest=125)) == 125


def test_no_more_is_asked_for_than_is_expected_and_the_others_share_the_rest() -> None:
    asks = [replace(ask, expected=7) if ask.stream.large else ask for ask in everything]
    asked = dict(zip((ask.stream.name for ask in asks), compute_sizes(asks), strict=True))
    assert (asked["issues"], asked["comments"]) == (7, 7)
    assert asked["attachments"] > compute_sizes(everything)[-1]


def test_nobodys_mail_address_is_asked_for() -> None:
    assert "mail" not in text(*everything)


@each_stream
def test_archived_rows_are_asked_for_too(stream: Stream) -> None:
    assert "includeArchived: true" in text(PageRequest(stream))


def test_what_is_referred_to_comes_before_what_refers_to_it() -> None:
    order = list(STREAMS)
    assert order.index("teams") < order.index("projects") < order.index("issues") < order.index("comments")


@each_stream
def test_every_column_of_the_mirror_is_asked_for(stream: Stream) -> None:
    asked = text(PageRequest(stream))
    columns = msgspec.structs.fields(stream.kind)
    assert not [column.name for column in columns if not re.search(asked_as(column.name), asked)]


def asked_as(column: str) -> str:
    """Return the pattern of a column in a query: `archived_at` is archivedAt, `state_id` is state { id }."""
    if column in NAMED_OTHERWISE:
        return NAMED_OTHERWISE[column]
    first, *rest = column.split("_")
    name = first + "".join(word.capitalize() for word in rest)
    return rf"\b({name}|{name.removesuffix('Id')} {{ id }}|{name.removesuffix('Name')} {{ name }})(?!\w)"
