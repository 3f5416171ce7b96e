"""What docs/asvs.md says is shown by tests that exist and can fail, and its gaps are told at the end too."""

import re

import pytest

from tests.support.asvs.rows import (
    PAGE,
    ROOT,
    Mutation,
    WrongMutation,
    list_faults,
    list_rows,
    list_tested_rows,
    read_mutations,
)

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = list_rows()
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
ONE = Mutation("1.1.1", "tests/web/test_forms.py::test_it", "shareable_backlog/web/forms.py", "strict", "replace")


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


def test_each_row_with_a_test_has_a_mutation_and_each_mutation_applies() -> None:
    """Whether the tests fail then, `python -m tests.support.asvs` tries."""
    faults = list_faults(list_tested_rows(), read_mutations())
    assert not faults, "\n".join(faults)


def test_a_row_without_a_mutation_and_a_mutation_without_a_row_are_said() -> None:
    other = (ONE.row, "tests/web/test_forms.py::test_another")
    assert list_faults([other], [ONE])[:2] == [
        "1.1.1 tests/web/test_forms.py::test_another: no mutation takes its control away.",
        "1.1.1 test_forms.py::test_it: docs/asvs.md has no such row.",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("errors='strict' or 'strict'", "stands there 2 times, not once"),
        ("errors='lax'", "stands there 0 times, not once"),
        ("errors='strict", "is no Python any more"),
    ],
)
def test_a_mutation_that_does_not_apply_says_why(text: str, fault: str) -> None:
    with pytest.raises(WrongMutation, match=fault):
        ONE.apply(text)
