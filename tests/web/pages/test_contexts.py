"""What templates get: each call that renders one passes frozen structs, whose fields it may name."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import shareable_backlog

PACKAGE = Path(shareable_backlog.__file__).parent
NAMED_FROM = 5
"""From so many fields on they are given by name."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


# All of it when a test asks: each worker imports this module, and one of them runs its tests.
@cache
def modules() -> list[tuple[str, ast.Module]]:
    return [(path.stem, ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(PACKAGE.rglob("*.py"))]


@cache
def functions() -> list[tuple[str, Function]]:
    return [(name, node) for name, module in modules() for node in ast.walk(module) if isinstance(node, Function)]


@cache
def results() -> dict[str, str]:
    """Return what each function says that it returns."""
    return {f"{module}.{one.name}": ast.unparse(one.returns) for module, one in functions() if one.returns}


def contexts() -> Iterator[tuple[str, set[str], int]]:
    """Yield the name of each class of contexts, what it says of it, and the number of its fields."""
    for _, module in modules():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and node.name.endswith("Context"):
                said = {str(one.arg) for one in node.keywords if ast.unparse(one.value) == "True"}
                yield node.name, said, sum(isinstance(one, ast.AnnAssign) for one in node.body)


def passed() -> Iterator[str]:
    """Yield what is passed where a template is named: the class of each context, or the code if that is not seen."""
    for _, function in functions():
        for call in ast.walk(function):
            if isinstance(call, ast.Call):
                place = next((at for at, one in enumerate(call.args) if _is_template(one)), None)
                if place is not None:
                    yield from (_class_of(one, function) for one in call.args[place + 1 :])
                    yield from (f"{one.arg}=" for one in call.keywords)


def _is_template(node: ast.expr) -> bool:
    names = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return all(isinstance(one, ast.Constant) and str(one.value).endswith(".html") for one in names)


def _class_of(node: ast.expr, function: Function) -> str:
    match node:
        case ast.Await(value=value):
            return _class_of(value, function)
        case ast.Call(func=made_by):
            return results().get(ast.unparse(made_by), ast.unparse(made_by))
        case ast.Name(id=name):
            return _class_of_name(name, function) or name
        case _:
            return ast.unparse(node)


def _class_of_name(name: str, function: Function) -> str | None:
    """Return the class of an argument, or of what is assigned to a name once."""
    for one in function.args.args:
        if one.arg == name and one.annotation:
            return ast.unparse(one.annotation)
    for one in ast.walk(function):
        if isinstance(one, ast.Assign) and [ast.unparse(target) for target in one.targets] == [name]:
            return _class_of(one.value, function)
    return None


def test_a_context_is_a_frozen_struct_of_fields_by_name_if_they_are_many() -> None:
    found = list(contexts())
    assert found
    assert [name for name, said, _ in found if "frozen" not in said] == []
    assert [name for name, said, count in found if ("kw_only" in said) != (count >= NAMED_FROM)] == []


def test_every_template_is_rendered_of_contexts_and_nothing_else() -> None:
    known = {name for name, *_ in contexts()}
    # Around the page of an error is a frame once it is known who asks.
    assert set(passed()) - known == {"*around", "status=", "headers="}


def test_every_context_is_passed_somewhere() -> None:
    # The frame and the ways in are put around the contexts of others.
    assert {name for name, *_ in contexts()} - set(passed()) <= {"FrameContext", "SignInWaysContext"}
