"""With what a description begins."""

import pytest

from shareable_backlog.services.backlog.first_lines import find_first_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Rain comes in.\nAt night.", "Rain comes in."),
        ("\n\n---\n## What **happens**\nRain", "What happens"),
        ("- [ ] [The plan](https://example.com/x) first", "The plan first"),
        ("![](https://example.com/x.png)\nBelow the image", "Below the image"),
        ("***\n> \n", ""),
        ("", ""),
        ("word " * 100, f"{('word ' * 100)[:159].rstrip()}…"),
    ],
)
def test_the_first_line_is_the_first_that_says_something(text: str, line: str) -> None:
    assert find_first_line(text) == line
