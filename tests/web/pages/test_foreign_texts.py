"""Text of others that would turn its line around, or be seen by nobody."""

import time

import pytest

from shareable_backlog.web.pages.foreign_texts import describe_title, isolate_text
from shareable_backlog.web.pages.rendering import _read_templates  # pyright: ignore[reportPrivateUsage]

OVERRIDE, LEFT, FIRST = "\u202e", "\u2066", "\u2068"
END, POP = "\u2069", "\u202c"
ARABIC = "\u0639\u0631\u0628\u064a"


@pytest.mark.parametrize(
    "blank", [None, "", " ", "\u00a0\t\n", "\u200b\u2060\ufeff", "\u2800", "\u3164\u115f", OVERRIDE]
)
def test_a_title_without_anything_to_see_is_untitled(blank: str | None) -> None:
    assert describe_title(blank) == "Untitled"


@pytest.mark.parametrize("title", ["a", ".", " a", "\u0301", "\U0001f469", ARABIC, "0"])
def test_any_other_title_stays(title: str) -> None:
    assert describe_title(title) == title


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        (f"{OVERRIDE}abc", f"{OVERRIDE}abc{POP}"),
        (f"{OVERRIDE}abc{POP}", f"{OVERRIDE}abc{POP}"),
        (f"abc{POP}{END}", "abc"),
        (f"{END}{OVERRIDE}abc", f"{OVERRIDE}abc{POP}"),
        (f"{LEFT}a{OVERRIDE}b", f"{LEFT}a{OVERRIDE}b{POP}{END}"),
        (f"{LEFT}a{OVERRIDE}b{END}c", f"{LEFT}a{OVERRIDE}b{END}c"),
        (f"{OVERRIDE}a{LEFT}b{POP}c", f"{OVERRIDE}a{LEFT}bc{END}{POP}"),
        (ARABIC, ARABIC),
    ],
)
def test_what_a_text_opens_it_closes_and_nothing_else(text: str, closed: str) -> None:
    assert isolate_text(text) == f"{FIRST}{closed}{END}"


def test_a_text_that_is_made_to_be_slow_is_not() -> None:
    started = time.process_time()
    isolate_text("\u202a" * 50_000 + END * 50_000)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("value", ["abc", "Größe \U0001f469", 3, None])
def test_a_text_from_left_to_right_and_what_is_no_text_stay_as_they_are(value: object) -> None:
    assert isolate_text(value) == value


def test_a_template_isolates_its_texts_and_leaves_values_that_are_sent_back() -> None:
    template = _read_templates(0, "").from_string(
        '<p title="{{ a }}">{{ a }}{% if a %} by {{ a ~ "!" }}{% endif %}</p><input value="{{ a }}">'
        "<textarea>{{ a }}</textarea><b>{{ a }}</b>"
    )
    assert template.render(a=ARABIC) == (
        f'<p title="{ARABIC}">{FIRST}{ARABIC}{END} by {FIRST}{ARABIC}!{END}</p><input value="{ARABIC}">'
        f"<textarea>{ARABIC}</textarea><b>{FIRST}{ARABIC}{END}</b>"
    )
