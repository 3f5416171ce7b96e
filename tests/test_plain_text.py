"""Texts without what a terminal obeys."""

import pytest

from shareable_backlog import plain_text

TEXT = "a\tb\r\nc\x1b[0m\x00\x7f\x9b é 東 \U0001f6b2"


def test_tabs_ends_of_lines_and_letters_stay() -> None:
    assert plain_text.replace_controls(TEXT) == "a\tb\r\nc\ufffd[0m\ufffd\ufffd\ufffd é 東 \U0001f6b2"
    assert plain_text.replace_controls_of_terminals(TEXT).startswith("a\tb\ufffd\nc")


@pytest.mark.parametrize("number", [*range(32), *range(127, 160)])
def test_each_control_character_is_one(number: int) -> None:
    kept = {9, 10, 13}
    assert (chr(number) in plain_text.replace_controls(chr(number))) == (number in kept)


@pytest.mark.parametrize("text", ["Bug", "a/b", "...", ".a", " ", "é/東"])
def test_most_texts_stay_in_a_path(text: str) -> None:
    assert plain_text.is_path(text)


@pytest.mark.parametrize("text", ["", ".", "..", "/etc", "a//b", "a/", "a/../b", "a\tb", "\x00"])
def test_what_a_browser_leaves_out_does_not(text: str) -> None:
    assert not plain_text.is_path(text)
