"""The rules of the house (CONTRIBUTING.md): where things stand and how they are called, read from the code."""

import ast
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "shareable_backlog"
MOST_FILES = 15
LONGEST_FILE = 350
LONGEST_FUNCTION = 60
LONGEST_SUBJECT = 72
TESTED_FROM_LINES = 40
RULES_SINCE = "5c215c3"
"""The last commit before there were rules for commits."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def place(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_class_name_stands_once() -> None:
    places = defaultdict[str, list[str]](list)
    for path in modules():
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].append(place(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_module_has_a_test_file_of_its_name_and_place() -> None:
    lacking: list[str] = []
    for path in modules():
        folder = ROOT / "tests" / path.relative_to(PACKAGE).parent
        name = path.parent.name if path.name == "__init__.py" else path.stem
        if line_count(path) > TESTED_FROM_LINES and not (folder / f"test_{name}.py").exists():
            lacking.append(place(path))
    assert lacking == []


@pytest.mark.parametrize("top", ["shareable_backlog", "tests", "benchmarks"])
def test_a_folder_has_no_more_files_than_one_sees_at_a_glance(top: str) -> None:
    """Folders below are not counted, nor is the file that only says what a package is for."""
    counts = defaultdict[Path, int](int)
    for name in tracked(top):
        path = Path(name)
        counts[path.parent] += path.name != "__init__.py"
    assert {str(folder): count for folder, count in counts.items() if count > MOST_FILES} == {}


@pytest.mark.parametrize("top", ["shareable_backlog", "tests", "benchmarks"])
def test_no_file_is_too_long_to_read(top: str) -> None:
    names = [name for name in tracked(top) if name.endswith((".py", ".html", ".css", ".js"))]
    long = {name: count for name in names if (count := line_count(ROOT / name)) > LONGEST_FILE}
    assert long == {}


def test_no_function_is_too_long_to_read() -> None:
    long: dict[str, int] = {}
    for path in modules():
        for node in ast.walk(parse(path)):
            if isinstance(node, Function):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{place(path)}:{node.name}"] = length
    assert long == {}


def test_the_first_line_of_a_commit_is_short_and_says_where() -> None:
    wrong = [
        subject
        for subject in subjects()
        if len(subject) > LONGEST_SUBJECT or ": " not in subject or not subject.split(": ", 1)[1][:1].isupper()
    ]
    assert wrong == []


def tracked(top: str) -> list[str]:
    """Return the files below `top` that belong to the project, without what tests and tools leave behind."""
    return sorted(
        place(path)
        for path in (ROOT / top).rglob("*")
        if path.is_file() and not any(part in {"__pycache__", "node_modules"} for part in path.parts)
    )


def subjects() -> Iterator[str]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("This is no clone: there are no commits to look at.")
    log = subprocess.run(
        ["git", "log", "--no-merges", "--format=%s", f"{RULES_SINCE}..HEAD"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # A shallow clone may not reach back so far; what it has is enough.
    yield from log.stdout.splitlines()
