"""The parts of a list that are kept, and when they show less than all."""

import pytest

from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import LIST, BacklogQuery
from shareable_backlog.controllers.backlog.lists.list_parts import is_narrowed
from shareable_backlog.web import params


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], False),
        ([("group", "team"), ("order", "due")], False),
        ([("archived", "shown")], False),
        ([("team", "ENG")], True),
        ([("q", "roof")], True),
        ([("done", "hidden")], True),
        ([("since", "2026-02-01")], False),
        ([("since", "2026-02-01"), ("moved", "done")], True),
    ],
)
def test_a_list_is_narrowed_when_the_filters_leave_anything_out(
    words: list[tuple[str, str]], *, expected: bool
) -> None:
    query = params.read(BacklogQuery, words, "query")
    assert is_narrowed(backlog_url.build_backlog_url(LIST, query)) is expected
