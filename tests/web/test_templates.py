"""The folder of templates: what is a page, what is a part of pages, and the classes by which they are styled."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from shareable_backlog.web.pages import rendering

PACKAGE = Path(rendering.__file__).parents[2]
FOLDER = PACKAGE / "templates"
TEMPLATES = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.html")}
_TAKEN_IN = re.compile(r"{%-? *(?:extends|include|import|from) *'([^']+)'")
_OF_PARTS = ("render_part", "get_template")
_EXPRESSION = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
_CLASS = re.compile(rf'(?<![\w-])class="((?:{_EXPRESSION.pattern}|[^"])*)"', re.DOTALL)
_COMMENT_OR_BODY = re.compile(r"/\*.*?\*/|{[^{}]*}", re.DOTALL)


def named_in(node: ast.AST, *, is_part: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the templates that code names, each with whether it is rendered as a part of a page there."""
    if isinstance(node, ast.Constant) and str(node.value).endswith(".html"):
        yield str(node.value), is_part
    if isinstance(node, ast.Call):
        is_part = getattr(node.func, "attr", getattr(node.func, "id", "")) in _OF_PARTS
    for child in ast.iter_child_nodes(node):
        yield from named_in(child, is_part=is_part)


@cache
def rendered() -> set[tuple[str, bool]]:
    code = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    return {one for text in code if ".html" in text for one in named_in(ast.parse(text))}


def parts() -> set[str]:
    taken_in = {name for text in TEMPLATES.values() for name in _TAKEN_IN.findall(text)}
    return taken_in | {name for name, is_part in rendered() if is_part}


def test_what_is_only_a_part_of_pages_begins_with_an_underscore() -> None:
    assert [name for name in sorted(parts()) if not Path(name).name.startswith("_")] == []


def test_no_page_begins_with_an_underscore() -> None:
    pages = {name for name, is_part in rendered() if not is_part}
    assert [name for name in sorted(pages) if Path(name).name.startswith("_")] == []


def test_every_template_is_used_and_every_one_that_is_named_is_there() -> None:
    assert parts() | {name for name, _ in rendered()} == set(TEMPLATES)


def test_no_line_is_too_long_to_be_read() -> None:
    lines = [(name, line) for name, text in TEMPLATES.items() for line in text.splitlines()]
    assert [(name, line) for name, line in lines if len(line) > 160] == []


def test_no_word_is_joined_to_the_next_line_where_a_tag_takes_the_line_break() -> None:
    joined = re.compile(r"[^\s>%]{%-? (?:end|if|for)[^%]*%}\n[\w(“]")
    found = [(name, hit[0]) for name, text in TEMPLATES.items() for hit in joined.finditer(text)]
    assert found == []


def test_what_is_told_with_its_day_was_on_it_and_not_at_it() -> None:
    told = re.compile(r"\bat (?:<time[^>]*>)?{{ (?:figures\.at\(|[^}]*\| exact)[^}]*}}")
    assert [(name, hit[0]) for name, text in TEMPLATES.items() for hit in told.finditer(text)] == []


_WEIGHTY = ("'promote'", "'demote'", '/delete"', '/revoke"', '/passkeys/remove"', 'passkey.id }}/remove"')
"""Acts that can't be undone, or give a right; a view's deletion can be undone, and a person's address is typed."""
_EXEMPT = ("/views/delete", "/admin/people/{{ user.id }}/delete")


def test_what_can_not_be_undone_asks_first() -> None:
    found = [
        (name, line)
        for name, text in TEMPLATES.items()
        for line in re.sub(r"{% call ask\.first.*?{% endcall %}", "", text, flags=re.DOTALL).splitlines()
        if ("<form" in line or "act(" in line) and any(act in line for act in _WEIGHTY)
        if not any(exempt in line for exempt in _EXEMPT)
    ]
    assert found == []


def styled() -> set[str]:
    sheets = [path.read_text(encoding="utf-8") for path in (PACKAGE / "static/style").rglob("*.css")]
    return {name for one in sheets for name in re.findall(r"\.([A-Za-z][\w-]*)", _COMMENT_OR_BODY.sub(" ", one))}


def scripts() -> str:
    return " ".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "static").glob("*.js"))


def test_every_class_on_a_page_is_styled_or_looked_for_by_a_script() -> None:
    found = {
        name
        for text in TEMPLATES.values()
        for value in _CLASS.findall(text)
        for name in _EXPRESSION.sub("{}", value).split()
        if "{}" not in name
    }
    assert sorted(name for name in found - styled() if f".{name}" not in scripts()) == []


def test_every_class_that_is_styled_is_on_a_page() -> None:
    code = [path.read_text(encoding="utf-8") for path in (PACKAGE / "web").rglob("*.py")]
    pages = " ".join([*TEMPLATES.values(), *code, scripts()])
    # A priority's class ends with its number.
    names = {re.sub(r"-\d$", "-{{", name) for name in styled()}
    assert sorted(name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", pages)) == []
