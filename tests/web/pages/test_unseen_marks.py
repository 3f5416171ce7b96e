"""Marks at what somebody has not seen."""

import pytest
from markupsafe import Markup

from shareable_backlog.web.pages.unseen_marks import format_unseen, mark_unseen

PART = Markup("<li><!--unseen:a--><b>One</b></li><li><!--unseen:&lt;b&gt;--><b>Two</b></li>")
DOT = '<span class="visually-hidden">Not seen yet </span></span>'


def test_what_is_not_seen_is_marked_and_no_place_is_left() -> None:
    marked = mark_unseen(PART, ["a"], can_become_seen=True)
    assert marked == f'<li><span class="unseen" data-item="a">{DOT}<b>One</b></li><li><b>Two</b></li>'


def test_who_looks_with_anothers_eyes_has_marks_that_stay() -> None:
    assert 'class="unseen">' in mark_unseen(PART, ["a"], can_become_seen=False)


def test_an_id_of_any_kind_stays_text() -> None:
    assert 'data-item="&lt;b&gt;"' in mark_unseen(PART, ["<b>"], can_become_seen=True)


@pytest.mark.parametrize(("count", "words"), [(1, "1"), (99, "99"), (100, "99+"), (500, "99+")])
def test_more_than_99_are_counted_as_more(count: int, words: str) -> None:
    assert format_unseen(count) == words
