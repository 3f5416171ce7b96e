"""What docs/asvs.md says is shown by tests that exist, and its gaps are told at the end too."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d[^|]*) \|.*\| ([^|]+) \|$", TEXT, re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_row_is_shown_by_a_test_or_a_place_or_is_a_gap() -> None:
    assert ROWS
    assert [row for row in ROWS if not (TEST.fullmatch(row[1]) or row[1].startswith(("read: ", "gap: ")))] == []


@pytest.mark.parametrize("name", ["docs/asvs.md", "docs/reliability.md"])
def test_the_tests_that_a_page_names_exist(name: str) -> None:
    named = TEST.findall((ROOT / name).read_text(encoding="utf-8"))
    assert named
    missing = [
        (path, test)
        for path, test in named
        if not (ROOT / path).is_file() or f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_gap_stands_at_the_end_too() -> None:
    listed = re.findall(r"^- (\d[^:]*):", TEXT.partition("## Gaps")[2], re.MULTILINE)
    assert {number for row in ROWS if row[1].startswith("gap: ") for number in row[0].split(", ")} == {
        number for numbers in listed for number in numbers.split(", ")
    }
