"""docs/accessibility.md has a row for each criterion of WCAG 2.2, A and AA, and names tests that exist."""

import ast
import re
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[2]
CRITERIA: Final = {
    "A": """
        1.1.1 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.3 1.4.1 1.4.2 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3
        2.4.4 2.5.1 2.5.2 2.5.3 2.5.4 3.1.1 3.2.1 3.2.2 3.2.6 3.3.1 3.3.2 3.3.7 4.1.2
    """,
    "AA": """
        1.2.4 1.2.5 1.3.4 1.3.5 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 2.4.5 2.4.6 2.4.7 2.4.11 2.5.7 2.5.8
        3.1.2 3.2.3 3.2.4 3.3.3 3.3.4 3.3.8 4.1.3
    """,
}
LEVELS: Final = {number: level for level, numbers in CRITERIA.items() for number in numbers.split()}
ROWS = re.findall(
    r"^\| ([\d.]+) \| ([^|]+) \| (A|AA) \| ([^|]+) \| ([^|]+) \|$",
    (ROOT / "docs/accessibility.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_each_criterion_has_its_row_once_in_its_order() -> None:
    assert (len(LEVELS), list(LEVELS.values()).count("A")) == (55, 31)
    order = sorted(LEVELS, key=lambda number: [int(part) for part in number.split(".")])
    assert [(number, level) for number, _, level, _, _ in ROWS] == [(number, LEVELS[number]) for number in order]


def test_each_row_says_what_holds_and_how_it_was_checked() -> None:
    vague = [number for number, _, _, here, _ in ROWS if not re.match(r"met\b|not applicable: \w", here)]
    assert vague == []
    shown = r"`tests/|as \d\.\d|by hand: [^|]*, \d{4}-\d\d-\d\d"
    assert [number for number, _, _, _, checked in ROWS if not re.search(shown, checked)] == []
    assert {number for _, _, _, _, checked in ROWS for number in re.findall(r"as ([\d.]+\d)", checked)} <= set(LEVELS)


def test_each_named_test_exists_and_each_test_of_the_criteria_is_named() -> None:
    named = {pair for row in ROWS for pair in re.findall(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`", row[4])}
    for file, test in named:
        assert (ROOT / file).is_file(), file
        assert not test or test in _list_tests(ROOT / file), (file, test)
    own = {
        (str(path.relative_to(ROOT)), test)
        for path in (ROOT / "tests/e2e/accessible").glob("test_*.py")
        for test in _list_tests(path)
    }
    assert own - named == set()


def _list_tests(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [one.name for one in functions if one.name.startswith("test_")]
