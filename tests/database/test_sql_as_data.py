"""A statement is data until it is rendered; its text is edited by nothing and looked at by nothing after that."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "shareable_backlog"
EDITS = {
    *("replace", "format", "format_map", "translate", "removeprefix", "removesuffix", "partition", "rpartition"),
    *("split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "sub", "subn"),
}
LOOKS = {"startswith", "endswith", "find", "rfind", "index", "count", "match", "fullmatch", "search"}
OF_PATTERNS = {"sub", "subn", "split", "match", "fullmatch", "search"}
STATEMENT = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|ORDER BY|UNION)\b")
ALLOWED = {
    "database/plans.py:_is_read_only": "tells what may be explained, of any statement; decides nothing in it",
    "database/connection/query.py:_is_select": "tells what may run again, of any statement; decides nothing in it",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Texts:
    """The names that hold SQL, as their annotations say: it is a LiteralString, so that it is never put in by a user.

    What holds several is in `containers`. A name that is something else in another class tells nothing, unless it
    says itself what it is.
    """

    attributes: set[str] = field(default_factory=set[str])
    functions: set[str] = field(default_factory=set[str])
    names: set[str] = field(default_factory=set[str])
    containers: set[str] = field(default_factory=set[str])
    others: set[str] = field(default_factory=set[str])

    def note(self, annotation: ast.expr | None, name: str, names: set[str]) -> None:
        said = ast.unparse(annotation) if annotation else ""
        if said in {"LiteralString", "Sql"} or re.search(r"(^|\| )LiteralString($| \|)", said):
            names.add(name)
        elif "LiteralString" in said:
            self.containers.add(name)
        else:
            self.others.add(name)

    def note_all(self, trees: Iterable[ast.Module]) -> None:
        """Note what classes and functions are annotated with."""
        for node in chain.from_iterable(map(ast.walk, trees)):
            if isinstance(node, ast.ClassDef):
                for one in node.body:
                    if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                        self.note(one.annotation, one.target.id, self.attributes)
            elif isinstance(node, Function):
                self.note(node.returns, node.name, self.functions)
        self.attributes -= self.others
        self.functions -= self.others
        self.containers.clear()

    def scope(self, tree: ast.AST) -> "Texts":
        """Return what is known within a module or function: its parameters, its variables, what it goes through."""
        inner = Texts(self.attributes, self.functions, set(self.names), set(self.containers))
        for node in ast.walk(tree):
            if isinstance(node, ast.arg):
                inner.note(node.annotation, node.arg, inner.names)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                inner.note(node.annotation, node.target.id, inner.names)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.NamedExpr) and node.value and inner.is_sql(node.value):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                inner.names |= {one.id for one in targets if isinstance(one, ast.Name)}
            elif isinstance(node, ast.For | ast.comprehension) and inner.is_container(node.iter):
                inner.names |= {one.id for one in ast.walk(node.target) if isinstance(one, ast.Name)}
        return inner

    def is_container(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.containers

    def is_sql(self, node: ast.expr) -> bool:  # noqa: PLR0911 (one way an expression)
        match node:
            case ast.Name(id=name):
                return name in self.names or is_called_sql(name)
            case ast.Constant(value=str(text)):
                return bool(STATEMENT.search(text))
            case ast.Attribute(attr=name):
                return name in self.attributes or name in self.functions or is_called_sql(name)
            case ast.Call(func=ast.Name(id=name)):
                return name in self.functions
            case ast.Call(func=ast.Attribute(attr=name, value=of)):
                return name in self.functions or self.is_sql(of)
            case ast.BinOp(left=left, right=right):
                return self.is_sql(left) or self.is_sql(right)
            case ast.Subscript(value=ast.Name(id=name)) if name in self.containers:
                return not isinstance(node.slice, ast.Slice)
            case ast.Subscript(value=of):
                return self.is_sql(of)
            case _:
                return any(self.is_sql(one) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr))

    def find(self, tree: ast.AST) -> Iterator[str]:
        """Yield where a text is edited or looked at."""
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(attr=name, value=of)) if name in EDITS | LOOKS:
                    # `re.sub` has the text among its arguments.
                    if any(map(self.is_sql, [of, *(node.args if name in OF_PATTERNS else [])])):
                        yield ast.unparse(node)
                case ast.Subscript(value=of) if self.is_sql(of):
                    yield ast.unparse(node)
                case ast.BinOp(left=left, op=ast.Mod()) if self.is_sql(left):
                    yield ast.unparse(node)
                case ast.Compare(left=left, ops=ops, comparators=others) if any(map(self.is_sql, [left, *others])):
                    if not all(isinstance(op, ast.Is | ast.IsNot) for op in ops):
                        yield ast.unparse(node)
                case _:
                    pass


def is_called_sql(name: str) -> bool:
    return name == "sql" or name.endswith("_sql")


def find_edits(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Return what is done to the text of SQL, by module and function."""
    texts = Texts()
    texts.note_all(trees.values())
    found: dict[str, set[str]] = {}
    for place, tree in trees.items():
        constants = ast.Module([one for one in tree.body if isinstance(one, ast.Assign | ast.AnnAssign)], [])
        of_module = texts.scope(constants)
        functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
        for name, part in (("", constants), *((one.name, one) for one in functions)):
            if edits := set(of_module.scope(part).find(part)):
                found[f"{place}:{name}"] = edits
    return found


def test_no_finished_sql_is_edited_or_looked_at() -> None:
    trees = {
        str(path.relative_to(PACKAGE)): ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")
    }
    found = find_edits(trees)
    assert {place: edits for place, edits in found.items() if place not in ALLOWED} == {}
    assert set(found) == set(ALLOWED)


@pytest.mark.parametrize(
    "line",
    [
        "return TEXT.replace('i.', 'c.')",
        "return render(one).removeprefix('SELECT ')",
        "return re.sub('LIMIT .*', '', TEXT)",
        "text = render(one)\n    return text[:-3]",
        "return one.sql.format(limit=1)",
        "return sql % {'limit': 1}",
        "return [text.partition('ORDER BY')[0] for text in texts]",
        "return texts[0].strip()",
        "return 'SELECT id FROM items'.split('FROM')",
        "return 1 if one.sql == TEXT else 2",
        "return 'team_id' in render(one)",
        "return sql.startswith('i.team_id')",
        "return one.shortest.upper().rstrip()",
    ],
)
def test_an_edit_or_a_look_is_found(line: str) -> None:
    assert set(find_edits({"module": parse(line)})) == {"module:edit"}


@pytest.mark.parametrize(
    "line",
    [
        "return f'{TEXT} LIMIT 1'",
        "return ' AND '.join([sql, one.sql])",
        "return SQL('SELECT {} FROM items').format(Identifier(word))",
        "return word.removeprefix('q=')",
        "return 1 if sql is None else 2",
        "return texts[1:]",
    ],
)
def test_putting_statements_together_is_none(line: str) -> None:
    assert find_edits({"module": parse(line)}) == {}


def parse(line: str) -> ast.Module:
    return ast.parse(f"""
TEXT: LiteralString = "SELECT id FROM items"

class One:
    sql: LiteralString

    @property
    def shortest(self) -> LiteralString:
        return self.sql

def render(one: One) -> LiteralString:
    return one.sql

def edit(one: One, sql: LiteralString, texts: Sequence[LiteralString], word: str):
    {line}
""")
