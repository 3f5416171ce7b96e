"""How sections are divided into slides."""

import pytest

from shareable_backlog.controllers.presentation import slides
from shareable_backlog.controllers.presentation.slides import Section


def describe(*sections: Section[int]) -> list[list[tuple[str, int, bool]]]:
    packed = slides.pack_sections(sections)
    return [[(str(one.heading), len(one.lines), one.is_continued) for one in slide] for slide in packed]


def build(heading: str, lines: int) -> Section[int]:
    return Section(heading=heading, lines=range(lines))


def test_lines_without_a_heading_stand_seven_on_a_slide() -> None:
    assert describe(build("", 16)) == [[("", 7, False)], [("", 7, True)], [("", 2, True)]]


def test_small_sections_share_a_slide() -> None:
    assert describe(build("a", 2), build("b", 2), build("c", 4)) == [
        [("a", 2, False), ("b", 2, False)],
        [("c", 4, False)],
    ]


def test_a_section_goes_on_under_its_heading() -> None:
    assert describe(build("a", 8), build("b", 2)) == [[("a", 6, False)], [("a", 2, True), ("b", 2, False)]]


def test_no_heading_stands_far_from_its_lines() -> None:
    assert describe(build("a", 5), build("b", 4)) == [[("a", 5, False)], [("b", 4, False)]]


def test_a_section_without_lines_takes_the_room_of_its_heading() -> None:
    assert describe(build("a", 0), build("b", 0), build("c", 5)) == [
        [("a", 0, False), ("b", 0, False), ("c", 5, False)]
    ]


def test_no_line_is_lost_and_all_are_in_their_order() -> None:
    packed = slides.pack_sections([build(str(size), size) for size in range(30)])
    for size in range(30):
        lines = [line for slide in packed for one in slide if one.heading == str(size) for line in one.lines]
        assert lines == list(range(size))


@pytest.mark.parametrize(("number", "expected"), [(1, ("a", 1)), (2, ("b", 2)), (9, ("b", 2))])
def test_beyond_the_last_slide_is_the_last_one(number: int, expected: tuple[str, int]) -> None:
    assert slides.choose_slide(["a", "b"], number) == expected
