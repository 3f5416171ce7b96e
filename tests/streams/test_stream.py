"""A stream is described by what differs from most lists of Linear; the rest follows."""

import pytest

from shareable_backlog.streams import DELIVERED, STREAMS
from shareable_backlog.streams.columns import MirrorRow, PersonId, list_columns
from shareable_backlog.streams.stream import Stream


class Note(MirrorRow, frozen=True, kw_only=True):
    """A row of notes."""

    body: str
    author_id: PersonId | None = None


def describe(**fields: object) -> Stream:
    plain: dict[str, object] = {"name": "notes", "root": "notes", "node": "Note", "kind": Note, "table": "notes"}
    return Stream(**{**plain, **fields})  # pyright: ignore[reportArgumentType] (as each test says)


def test_most_lists_are_small_tell_of_changes_and_are_filtered_by_the_time_of_the_last_one() -> None:
    plain = describe()
    assert (plain.arguments, plain.window, plain.compared) == ("", ("updatedAt",), ())
    assert (plain.has_webhook, plain.large) == (True, False)


def test_its_columns_are_the_fields_of_its_row_in_their_order() -> None:
    assert [column.name for column in describe().columns] == [
        *("id", "created_at", "updated_at", "archived_at", "body", "author_id")
    ]
    assert describe().columns is list_columns(Note)


def test_its_filter_is_called_after_its_node() -> None:
    assert describe().filter_type == "NoteFilter"
    assert describe(window=("updatedAt", "archivedAt")).filter_type == "NoteFilter"


def test_a_list_without_a_window_takes_no_filter() -> None:
    assert describe(window=()).filter_type is None


def test_two_descriptions_are_two_streams_even_if_they_say_the_same() -> None:
    one, other = describe(), describe()
    assert one != other
    assert {one: 1, other: 2}[one] == 1


def test_a_description_does_not_change_while_the_program_runs() -> None:
    with pytest.raises(AttributeError):
        describe().name = "thoughts"  # pyright: ignore[reportAttributeAccessIssue] (that is the point)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
def test_what_a_sweep_compares_of_a_stream_is_a_column_of_it(stream: Stream) -> None:
    assert set(stream.compared) <= {column.name for column in stream.columns}


def test_no_two_streams_share_a_list_a_node_a_row_or_a_table() -> None:
    for field in ("name", "root", "node", "kind", "table"):
        assert len({getattr(stream, field) for stream in STREAMS.values()}) == len(STREAMS)


def test_the_delivered_streams_are_those_that_webhooks_tell_of() -> None:
    assert list(DELIVERED.values()) == [stream for stream in STREAMS.values() if stream.has_webhook]
    assert [stream.node for stream in DELIVERED.values()] == list(DELIVERED)
