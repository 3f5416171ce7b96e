"""What the process shares stands in one place, and one call makes it new."""

import ast
import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import shareable_backlog
from shareable_backlog import process_state
from shareable_backlog.process_state import ProcessState, reset_process_state

PACKAGE = Path(shareable_backlog.__file__).parent
MUTATORS = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse"),
    *("set", "setdefault", "sort", "update"),
}
OF_TASKS = {
    "database.connection.query.inside_transaction",
    "database.connection.standby.request_version._NOTED",
    "tracing._current",
    "web.pages.locales._READER",
    "logs._CONTEXT",
    "web.sub_path._SUB_PATH",
}
"""What is no process's but a task's: the `with` that sets it puts it back, or it is good for two seconds."""
UNCHANGING = {
    "Decoder": "msgspec's, made of a type once",
    "Logger": "knows its name alone",
    "ProcessState": "the place itself",
    "_Signatures": "joserfc's, made of its algorithms once",
    **dict.fromkeys(("CDLL", "FFI", "Lib", "_FuncPtr"), "a library in C"),
    **dict.fromkeys(("Composed", "SQL"), "psycopg's, which never change"),
}
"""Classes of objects at module level that are not seen to be unchanging by themselves, each with the reason."""
PLAIN = {
    "builtins",
    "collections",
    "datetime",
    "functools",
    "markupsafe",
    "msgspec",
    "pathlib",
    "re",
    "types",
    "typing",
    "uuid",
}
"""Modules whose objects never change; lists and dictionaries are looked after by the other test."""


@pytest.fixture(autouse=True)
def _no_states_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_state, "_STATES", list(process_state._STATES))  # pyright: ignore[reportPrivateUsage]


def test_a_reset_makes_each_value_anew() -> None:
    names, count = ProcessState(set[str]), ProcessState(int)
    names.value.add("alice")
    count.value = 3
    reset_process_state()
    assert (names.value, count.value) == (set(), 0)


def test_no_reset_takes_away_what_is_held() -> None:
    name = ProcessState(str)
    with name.hold("alice"):
        reset_process_state()
        assert name.value == "alice"
        name.value = "bob"
        reset_process_state()
        assert name.value == "bob"


def test_what_was_held_stays_until_the_next_reset() -> None:
    name = ProcessState(str)
    with name.hold("alice"):
        pass
    assert name.value == "alice"
    reset_process_state()
    assert name.value == ""


def test_nothing_else_at_module_level_is_changed_by_a_function() -> None:
    changed = {f"{path.relative_to(PACKAGE)} {name}" for path in PACKAGE.rglob("*.py") for name in _changed(path)}
    assert changed == {"process_state.py _STATES"}


def _changed(path: Path) -> Iterator[str]:
    """Yield the module's own names that its functions rebind, or change by an assignment or a mutating method."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    own = _names_of(module)
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            match node:
                case ast.Global(names=names):
                    yield from names
                case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                    yield from own & {_root(node)}
                case ast.Call(func=ast.Attribute(attr=method)) if method in MUTATORS:
                    yield from own & {_root(node.func)}
                case _:
                    pass


def _names_of(module: ast.Module) -> set[str]:
    """Return the names of what the module itself makes, but for what the other test names."""
    names: set[str] = set()
    for statement in module.body:
        match statement:
            case ast.Assign(targets=targets, value=value) if not _is_state(value):
                names |= {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if not _is_state(value):
                names.add(name)
            case ast.ClassDef(name=name):
                names.add(name)
            case _:
                pass
    return names


def _is_state(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and _root(value.func) in {"ContextVar", "ProcessState"}


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def test_no_object_at_module_level_can_change_by_itself() -> None:
    found = {name for name, value in _values() if not _is_unchanging(value)}
    assert found == OF_TASKS


def _values() -> Iterator[tuple[str, object]]:
    """Yield what stands at module level, each once, by the name of its place."""
    seen: set[int] = set()
    prefix = "shareable_backlog."
    for info in pkgutil.walk_packages(shareable_backlog.__path__, prefix):
        if info.name != "shareable_backlog.__main__":
            for name, value in vars(importlib.import_module(info.name)).items():
                if not name.startswith("__") and id(value) not in seen:
                    seen.add(id(value))
                    yield f"{info.name.removeprefix(prefix)}.{name}", value


def _is_unchanging(value: object) -> bool:
    kind: type[object] = type(value)
    if isinstance(value, type) or kind.__module__.partition(".")[0] in PLAIN or kind.__name__ in UNCHANGING:
        return True
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_config__.frozen
    return dataclasses.is_dataclass(kind) and vars(kind)["__dataclass_params__"].frozen
