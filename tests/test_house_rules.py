"""The rules of the house (CONTRIBUTING.md): where things stand and what they are called, read from the code."""

import ast
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "shareable_backlog"
TOPS = ("shareable_backlog", "tests", "benchmarks", "release")
"""Where the rules of size hold; documents and migrations are numbered series, which only grow."""
MOST_FILES = 15
LONGEST_FILE = 350
LONGEST_FUNCTION = 60
LONG_FUNCTION = 40
LONG_FUNCTIONS = 0.005
"""The share of functions that may be long."""
LONGEST_SUBJECT = 72
TESTED_FROM_LINES = 40
RULES_SINCE = "5c215c3"
"""The last commit before there were rules for commits."""

VERBS = """
accept add admit adopt allow announce answer apply arrange ask authenticate authorize await balance beat become
begin bind blank bring build call carry check choose classify clean clear close collect compare complain
complete compute configure confirm connect convert copy count create cut decide decode delete demote derive
describe detect disconnect discover dispatch doubt draw drop dump encode end ensure execute exempt exit expect
explain export extract feed fetch fill filter find finish fit flush fold follow forget format get give go group
guard hand handle hang hash hide hold ignore import infer initialise inspect interrupt invite isolate iterate
join judge keep kill lease leave let limit list listen load locate lock log look make map mark mask match
measure merge migrate mix move name narrow normalise note number offer open order pack parse pass pick place
plan post postpone prepare preview print prune publish pull query quote raise rank read reap receive recognise
record redact redeem redirect redo refresh refuse register release reload remember remove rename render renew
renumber replace report request require reset resolve restart restore resume reveal revert revoke rewrite run
save say seal see select send serve set share shift shorten show sign skip sort split start state stay step stop
store stream strip sum take tell test toggle tone touch trace translate trim try turn unpublish unseal update
upgrade upsert use verify wait walk warn watch welcome widen withdraw work wrap write
"""
"""What a function's name may begin with; a new verb is welcome, a noun or a participle is not."""
QUESTIONS = frozenset({"can", "has", "is", "may", "needs"})
"""What a name begins with that is answered by yes or no."""
HANDLERS = frozenset({"on"})
"""What a name begins with that is called when something happens."""
NO_VERBS: Mapping[str, str] = {
    "main": "the entry of a program, as everybody calls it",
    "operation": "a decorator reads as what the function below it is",
    "pool": "the design names what `database` offers",
    "transaction": "the design names what `database` offers",
    "debug": "the levels of a log, as everywhere in Python",
    "info": "the levels of a log, as everywhere in Python",
    "warning": "the levels of a log, as everywhere in Python",
    "error": "the levels of a log, as everywhere in Python",
    "connection_made": "asyncio calls a protocol so",
    "connection_lost": "asyncio calls a protocol so",
    "data_received": "asyncio calls a protocol so",
    "pause_writing": "asyncio calls a protocol so",
    "shutdown": "uvicorn calls a protocol so",
    "startup": "uvicorn calls a server's beginning so",
    "emit": "logging calls a handler so",
    "_output_child_pre": "jinja2 calls a generator of code so",
}
"""The names that begin with no verb, and why."""

SUBJECT = re.compile(r"[a-z][a-z0-9_/-]*: (?P<verb>[A-Z][a-z-]*)\b.*")
NO_IMPERATIVE = re.compile(r"(?!Bring|Embed|Exceed|Feed|Need|Proceed|Seed|Shed|Speed|Spring|String).*(ed|ing)")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_every_class_name_stands_once() -> None:
    places = defaultdict[str, list[str]](list)
    for path in list_modules():
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].append(name_place(path))
    assert {name: several for name, several in places.items() if len(several) > 1} == {}


def test_every_function_is_called_by_a_verb() -> None:
    allowed = frozenset(VERBS.split()) | QUESTIONS | HANDLERS
    wrong = [
        f"{name_place(path)}:{function.lineno} {function.name}"
        for path, function in list_functions()
        if function.name.lstrip("_").split("_")[0] not in allowed
        and function.name not in NO_VERBS
        and not is_named_by_python(function)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_exception_to_the_verbs_is_still_one() -> None:
    names = {function.name for _, function in list_functions()}
    assert {name for name in NO_VERBS if name not in names or name.split("_")[0] in VERBS.split()} == set()


def test_a_module_has_a_test_file_of_its_name_and_place() -> None:
    lacking: list[str] = []
    for path in list_modules():
        folder = ROOT / "tests" / path.relative_to(PACKAGE).parent
        name = path.parent.name if path.name == "__init__.py" else path.stem
        if count_lines(path) > TESTED_FROM_LINES and not (folder / f"test_{name}.py").exists():
            lacking.append(name_place(path))
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("top", TOPS)
def test_a_folder_has_no_more_files_than_one_sees_at_a_glance(top: str) -> None:
    """Folders below are not counted, nor is the file that only says what a package is for."""
    counts = Counter(str(Path(name).parent) for name in list_files(top) if not name.endswith("/__init__.py"))
    assert {folder: count for folder, count in counts.items() if count > MOST_FILES} == {}


@pytest.mark.parametrize("top", TOPS)
def test_no_file_is_too_long_to_read(top: str) -> None:
    names = [name for name in list_files(top) if name.endswith((".py", ".html", ".css", ".js"))]
    assert {name: count for name in names if (count := count_lines(ROOT / name)) > LONGEST_FILE} == {}


def test_no_function_is_too_long_to_read() -> None:
    assert list_functions_over(LONGEST_FUNCTION) == {}


def test_few_functions_do_not_fit_the_screen() -> None:
    long = list_functions_over(LONG_FUNCTION)
    assert len(long) <= LONG_FUNCTIONS * len(list_functions()), long


def test_the_first_line_of_a_commit_says_where_and_what_in_short() -> None:
    wrong = [subject for subject in list_subjects() if len(subject) > LONGEST_SUBJECT or not is_subject(subject)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("subject", ["sync: Store a batch", "ci: Bring the server up", "web/params: Read 3 numbers"])
def test_a_first_line_is_right_that_begins_with_its_area_and_an_imperative(subject: str) -> None:
    assert is_subject(subject)


@pytest.mark.parametrize(
    "subject",
    ["Store a batch", "sync: store a batch", "sync: Stored a batch", "sync: Storing a batch", "sync:Store it"],
)
def test_another_first_line_is_wrong(subject: str) -> None:
    assert not is_subject(subject)


def list_modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def list_files(top: str) -> list[str]:
    """Return the files below `top` that belong to the project, without what tests and tools leave behind."""
    left_behind = {"__pycache__", "node_modules", ".work"}
    return sorted(
        name_place(path)
        for path in (ROOT / top).rglob("*")
        if path.is_file() and left_behind.isdisjoint(path.relative_to(ROOT).parts)
    )


@cache
def list_functions() -> list[tuple[Path, Function]]:
    return [(path, node) for path in list_modules() for node in ast.walk(parse(path)) if isinstance(node, Function)]


def list_functions_over(lines: int) -> dict[str, int]:
    lengths = {
        f"{name_place(path)}:{function.name}": (function.end_lineno or function.lineno) - function.lineno + 1
        for path, function in list_functions()
    }
    return {name: length for name, length in lengths.items() if length > lines}


def is_named_by_python(function: Function) -> bool:
    """Return whether a function is a property, which is a value and so has a noun, or one of Python's own hooks."""
    marks = [ast.unparse(mark) for mark in function.decorator_list]
    return function.name.startswith("__") or any("property" in mark or mark.endswith(".setter") for mark in marks)


def is_subject(subject: str) -> bool:
    found = SUBJECT.fullmatch(subject)
    return found is not None and not NO_IMPERATIVE.fullmatch(found["verb"])


def list_subjects() -> list[str]:
    """Return the first lines of the commits since there are rules: in a shallow clone, of those that it has."""
    if not (ROOT / ".git").exists():
        return []  # unpacked from an archive: no commits
    known = ask_git("rev-parse", "--verify", "--quiet", f"{RULES_SINCE}^{{commit}}").returncode == 0
    log = ask_git("log", "--no-merges", "--format=%s", f"{RULES_SINCE}..HEAD" if known else "HEAD")
    assert log.returncode == 0, log.stderr
    return log.stdout.splitlines()


def ask_git(*words: str) -> "subprocess.CompletedProcess[str]":
    git = shutil.which("git")
    assert git, "A clone is tested without git, which has to say what its commits are called."
    return subprocess.run([git, *words], cwd=ROOT, capture_output=True, text=True, check=False)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def count_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def name_place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
