"""A stream is described once; what is missing elsewhere is said in words."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.columns import MirrorRow, ProjectId
from shareable_backlog.streams.issues import COMMENTS, CommentRow
from shareable_backlog.streams.projects import CYCLES
from shareable_backlog.streams.stream import Stream
from tests.fakes.linear.graphql import published
from tests.fakes.linear.rows import LISTS
from tests.streams import missing


class Longer(CommentRow, frozen=True, kw_only=True):
    """A comment with what neither Linear nor the table has."""

    mood: str | None = None


class Stricter(MirrorRow, frozen=True, kw_only=True):
    """A comment that is taken to quote something always, and to have a project where it has a url."""

    quoted_text: str
    url_id: ProjectId


def join_lines(sentences: Iterable[str]) -> str:
    return "\n".join(sentences)


def test_every_stream_comes_after_what_it_refers_to() -> None:
    assert not join_lines(line for stream in STREAMS.values() for line in missing.check_description(stream))


def test_every_stream_has_its_table(database: str) -> None:
    assert not join_lines(line for stream in STREAMS.values() for line in missing.check_table(stream, database))


@published.needed
def test_every_stream_is_as_linear_publishes_it() -> None:
    schema = published.schema()
    assert not join_lines(line for stream in STREAMS.values() for line in missing.check_schema(stream, schema))


def test_the_fake_linear_and_the_random_histories_have_every_stream() -> None:
    assert not join_lines(line for stream in STREAMS.values() for line in missing.check_tests(stream))


def test_the_fake_linear_has_no_other_lists() -> None:
    assert LISTS.keys() == {stream.root for stream in STREAMS.values()}


def test_a_stream_that_stands_nowhere_or_before_what_it_refers_to_is_named() -> None:
    assert [*missing.check_description(replace(COMMENTS, name="thoughts"))] == ["thoughts: STREAMS does not have it."]
    assert [*missing.check_description(replace(COMMENTS, name="labels"))] == [
        "labels: issue_id refers to issues, which does not come before it.",
        "labels: parent_id refers to comments, which does not come before it.",
        "labels: user_id refers to people, which does not come before it.",
    ]


@pytest.mark.parametrize(
    ("stream", "sentences"),
    [
        (replace(COMMENTS, table="thoughts"), ["comments: no migration makes its table thoughts."]),
        (replace(COMMENTS, kind=Longer), ["comments: the table comments has no column mood."]),
        (
            replace(CYCLES, table="sweep_entries"),
            [
                "cycles: sweep_entries has no trigger note_change, so pages made of it would be kept for too long.",
                "cycles: the table sweep_entries has no column created_at.",
            ],
        ),
        (replace(CYCLES, table="backlog_items"), ["cycles: title should stand in the description too."]),
        (
            replace(COMMENTS, table="attachments"),
            [
                "comments: issue_id may be null, but not in the table.",
                "comments: the table attachments has no column body.",
            ],
        ),
    ],
)
def test_what_a_table_lacks_is_said_in_words(stream: Stream, sentences: list[str], database: str) -> None:
    said = [*missing.check_table(stream, database)]
    assert [one for one in sentences if one not in said] == []


@pytest.mark.parametrize(
    ("stream", "sentence"),
    [
        (replace(COMMENTS, root="thoughts"), "the fake Linear has no thoughts (tests/fakes/linear/rows.py)."),
        (replace(COMMENTS, node="Thought"), "the nodes of comments are of the type Comment"),
        (replace(COMMENTS, node="Thought"), "the fake Linear posts nothing about a Thought"),
        (replace(COMMENTS, window=()), "Linear filters comments by updatedAt."),
        (replace(COMMENTS, kind=Longer), "Comment has no field mood, for the column mood."),
        (replace(COMMENTS, kind=Stricter), "quotedText may be null in Linear, but quoted_text is taken to be there"),
        (replace(COMMENTS, kind=Stricter), "url is String!, so url_id has to be described otherwise."),
    ],
)
def test_what_the_fake_linear_lacks_is_said_in_words(stream: Stream, sentence: str) -> None:
    assert sentence in join_lines(missing.check_tests(stream))


def test_no_row_is_stored_without_what_hides_it() -> None:
    hiding = {"trashed", "hide_in_linear", "private"}
    for stream in STREAMS.values():
        own = {column.name for column in stream.columns}
        assert own & hiding <= set(stream.deciding), stream.name
