"""What operators watch is documented, and nothing else is: the events of the log."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEVELS = frozenset({"debug", "info", "warning", "warn_daily", "error", "log_plain"})
EVENT = re.compile(r"[a-z]+(?:[._][a-z]+)*")


def list_logged() -> Iterator[str]:
    """Yield the names of all events that the code logs; what is a sentence belongs to a library's log."""
    for path in (ROOT / "shareable_backlog").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and is_logging(node.func):
                names = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
                yield from (name for name in names if isinstance(name, str) and EVENT.fullmatch(name))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "OutageLog":
                values = [part.value for part in node.args if isinstance(part, ast.Constant)]
                yield from (value for value in values if isinstance(value, str))


def is_logging(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute) and function.attr in LEVELS:
        return "_LOG" in ast.unparse(function.value) or "get_logger" in ast.unparse(function.value)
    return False


def test_every_event_of_the_log_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/logs.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = re.findall(r"`([^`]+)`", " ".join(rows))
    assert sorted(documented) == sorted(set(list_logged()))
