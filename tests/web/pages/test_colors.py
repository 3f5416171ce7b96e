"""Linear's colours, toned for both themes."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shareable_backlog.web.pages import colors

PAGES = ("#fcfcfb", "#16181a")  # --page in style.css


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@example("#03e25a")  # rounded it was too light by a hair
@given(st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True))
def test_every_colour_stands_out_on_both_pages(color: str) -> None:
    assert all(_contrast(colors.tone_color(color), page) >= 3 for page in PAGES)


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_the_color_of_a_place_can_be_read_on_both_schemes_and_pages_on_it(color: str) -> None:
    for accent, grounds in zip(
        colors.tone_accent(color), (("#fcfcfb", "#f4f4f1"), ("#16181a", "#1e2124")), strict=True
    ):
        assert all(_contrast(accent, ground) >= 4.5 for ground in grounds)


def test_a_color_that_can_be_read_stays_as_it_is() -> None:
    assert colors.tone_accent("#22664f")[0] == "#22664f"
    assert colors.tone_accent("#7cc7ab")[1] == "#7cc7ab"


@pytest.mark.parametrize(
    "color", [None, "", "red", "#12345", "#1234567", '#123456"><script>', "#12345g", "#123456\n"]
)
def test_what_is_no_colour_becomes_a_neutral_one(color: str | None) -> None:
    toned = colors.tone_color(color)
    assert re.fullmatch(r"#[0-9a-f]{6}", toned)
    assert all(_contrast(toned, page) >= 3 for page in PAGES)
