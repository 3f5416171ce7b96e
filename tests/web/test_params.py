"""What a request asks: read once into a struct, refused in words, and written back as an address."""

import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct, field
from msgspec.structs import replace
from starlette.requests import Request

import shareable_backlog
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.web import params
from shareable_backlog.web.fields import Day, Id, Otherwise, SearchText, Ticked
from shareable_backlog.web.forms import Form
from shareable_backlog.web.params import Pair, Source


class ListQuery(Struct, frozen=True, kw_only=True):
    """An example of a page with filters."""

    q: SearchText = ""
    label: tuple[str, ...] = ()
    not_label: tuple[str, ...] = field(default=(), name="-label")
    from_: Day | None = field(default=None, name="from")
    to: Literal["up", "down"] = "down"
    never: Ticked = False
    page: Annotated[int, Meta(ge=1, le=100)] = 1


class ItemForm(Struct, frozen=True):
    """An example of a form that needs something."""

    version: Id
    last_day: Day | None = None


class ItemPath(Struct, frozen=True):
    """An example of a path."""

    item_id: Id


class GroupPath(Struct, frozen=True):
    """An example of a path with words of its own."""

    group_id: Annotated[Id, Otherwise(NotFound, "There is no such group.")]


class StrictQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """An example of what programs ask."""

    limit: Annotated[int, Meta(ge=1, le=100, description="Say how many, from 1 to 100.")] = 50
    q: Annotated[str, Meta(max_length=3, description="Search for words.")] = ""


def read(*pairs: Pair) -> ListQuery:
    return params.read(ListQuery, pairs, "query")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ListQuery()),
        ("csrf=x&other=1", ListQuery()),
        ("q=+two+words+", ListQuery(q="two words")),
        ("q=" + "a" * 300, ListQuery(q="a" * 200)),
        ("q=a%00b", ListQuery(q="ab")),
        ("q=first&q=last", ListQuery(q="last")),
        ("page=2&page=", ListQuery()),
        ("page=&from=&to=&never=", ListQuery()),
        ("label=b&label=a&label=b", ListQuery(label=("b", "a", "b"))),
        ("label=", ListQuery(label=("",))),
        ("-label=bug&label=-bug", ListQuery(label=("-bug",), not_label=("bug",))),
        ("from=2026-01-31", ListQuery(from_=date(2026, 1, 31))),
        ("from_=2026-01-31", ListQuery()),
        ("to=up", ListQuery(to="up")),
        ("never=on", ListQuery(never=True)),
        ("page=100", ListQuery(page=100)),
    ],
)
def test_a_query_is_read_as_forms_and_links_send_it(query: str, expected: ListQuery) -> None:
    assert read(*parse_qsl(query, keep_blank_values=True)) == expected


def test_half_of_a_character_is_none() -> None:
    assert read(("q", "a\ud800")) == ListQuery(q="a?")


@pytest.mark.parametrize(
    ("type_", "source", "pairs", "error", "words"),
    [
        (ListQuery, "query", [("page", "0")], InvalidInput,
         "“page” in this page's address isn't valid. Start again from the first page."),
        (ListQuery, "query", [("to", "left")], InvalidInput, "“to” in this page's address isn't valid"),
        (ListQuery, "query", [("from", "soon")], InvalidInput, "The parameter “from” isn't valid. A date looks"),
        (ItemForm, "form", [("version", "1"), ("last_day", "soon")], InvalidInput,
         "“last day” isn't valid, so nothing was changed. A date looks like 2026-01-31"),
        (ItemForm, "form", [], InvalidInput, "“version” is missing, so nothing was changed. Reload the page"),
        (ItemForm, "form", [("version", "")], InvalidInput, "“version” is missing"),
        (ItemForm, "form", [("version", "x")], InvalidInput, "“version” isn't valid"),
        (ItemPath, "path", [("item_id", "x")], NotFound, "There is nothing at this address"),
        (ItemPath, "path", [("item_id", "1\x00")], NotFound, "There is nothing at this address"),
        (ItemPath, "path", [], NotFound, "There is nothing at this address"),
        (GroupPath, "path", [("group_id", "x")], NotFound, "There is no such group."),
        (StrictQuery, "query", [("limit", "")], InvalidInput,
         "The parameter “limit” isn't valid. Say how many, from 1 to 100."),
        (StrictQuery, "query", [("q", "long")], InvalidInput, "“q” isn't valid. Search for words."),
        (StrictQuery, "query", [("q", "a"), ("q", "a")], InvalidInput, "“q” may appear only once."),
        (StrictQuery, "query", [("page", "1")], InvalidInput,
         "There is no parameter “page” here. The parameters are: limit, q."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_in_words(
    type_: type[Struct], source: Source, pairs: list[Pair], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as refused:
        params.read(type_, pairs, source)
    assert words in str(refused.value)


def test_what_somebody_sent_does_not_come_back_in_the_refusal() -> None:
    with pytest.raises(InvalidInput) as refused:
        read(("page", "<script>"))
    assert "<script>" not in str(refused.value)


def test_an_empty_text_of_a_program_is_as_good_as_any_other() -> None:
    assert params.read(StrictQuery, [("q", "\x00")], "query") == StrictQuery()


@pytest.mark.parametrize(
    ("query", "url"),
    [
        (ListQuery(), "/list"),
        (ListQuery(q="two & more", page=2), "/list?q=two+%26+more&page=2"),
        (ListQuery(label=("b", "a"), not_label=("ü",)), "/list?label=b&label=a&-label=%C3%BC"),
        (ListQuery(never=True, from_=date(2026, 1, 31)), "/list?from=2026-01-31&never=1"),
        (replace(ListQuery(q="x", page=3), page=1), "/list?q=x"),
    ],
)
def test_a_struct_is_written_as_a_short_address_in_one_order(query: ListQuery, url: str) -> None:
    assert params.build_url("/list", query) == url


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
QUERIES = st.builds(
    ListQuery,
    q=TEXTS.map(str.strip),
    label=st.lists(TEXTS, max_size=3).map(tuple),
    not_label=st.lists(TEXTS, max_size=3).map(tuple),
    from_=st.none() | st.dates(date(1970, 1, 1), date(9000, 12, 31)),
    to=st.sampled_from(("up", "down")),
    never=st.booleans(),
    page=st.integers(1, 100),
)


@given(QUERIES)
def test_an_address_is_read_as_the_struct_that_wrote_it(query: ListQuery) -> None:
    pairs = parse_qsl(urlsplit(params.build_url("/list", query)).query, keep_blank_values=True)
    assert pairs == params.write(query)
    assert read(*pairs) == query


@given(st.lists(st.tuples(st.sampled_from(["q", "label", "-label", "from", "to", "never", "page", "x"]), st.text())))
def test_any_request_is_a_struct_or_refused(pairs: list[Pair]) -> None:
    try:
        query = read(*pairs)
    except InvalidInput:
        return
    assert read(*params.write(query)) == query


def request(query: str = "", *, path: dict[str, str] | None = None, form: list[Pair] | None = None) -> Request:
    found = Request({"type": "http", "query_string": query.encode(), "path_params": path or {}})
    if form is not None:
        found.state.form = Form(form)
    return found


@pytest.mark.anyio
async def test_a_handler_gets_what_its_arguments_name() -> None:
    async def handler(_request: Request, path: ItemPath, query: ListQuery, form: ItemForm) -> tuple[Struct, ...]:
        return path, query, form

    bound = params.bind(handler)
    assert bound.__name__ == "handler"
    asked = request("q=x", path={"item_id": "7"}, form=[("csrf", "secret"), ("version", "2")])
    assert await bound(asked) == (ItemPath(7), ListQuery(q="x"), ItemForm(2))


@pytest.mark.anyio
async def test_a_handler_that_wants_nothing_gets_the_request_alone() -> None:
    async def handler(request: Request) -> Request:
        return request

    asked = request("page=x")
    assert await params.bind(handler)(asked) is asked


@pytest.mark.anyio
async def test_a_path_without_meaning_comes_before_a_wrong_form() -> None:
    async def handler(_request: Request, form: ItemForm, path: ItemPath) -> None:
        raise AssertionError(form, path)

    with pytest.raises(NotFound):
        await params.bind(handler)(request(path={"item_id": "x"}, form=[]))


def test_what_stands_in_any_address_is_read_beside_the_handler() -> None:
    assert params.read_query(request("never=1"), ListQuery) == ListQuery(never=True)


async def wants_a_cookie(_request: Request, cookie: ListQuery) -> None: ...
async def wants_a_text(_request: Request, query: str) -> None: ...
async def wants_many(_request: Request, query: list[ListQuery]) -> None: ...


@pytest.mark.parametrize("handler", [wants_a_cookie, wants_a_text, wants_many])
def test_a_handler_that_wants_what_no_request_has_ends_the_start(handler: Any) -> None:
    with pytest.raises(TypeError, match="that a struct describes"):
        params.bind(handler)


_READER = {"web/params.py", "web/forms.py"}


def readings(tree: ast.AST) -> Iterator[str]:
    """Yield each place that takes something out of a request by itself."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        of_state = node.attr == "form" and isinstance(node.value, ast.Attribute) and node.value.attr == "state"
        of_request = node.attr in {"form", "json", "body"} and ast.unparse(node.value) == "request"
        if node.attr in {"query_params", "path_params"} or of_state or of_request:
            yield f"line {node.lineno}: {ast.unparse(node)}"


def test_requests_are_read_in_one_place() -> None:
    root = Path(shareable_backlog.__file__).parent
    found = {
        path.relative_to(root).as_posix(): list(readings(ast.parse(path.read_text(encoding="utf-8"))))
        for folder in ("controllers", "web")
        for path in (root / folder).rglob("*.py")
    }
    assert {path: lines for path, lines in found.items() if lines and path not in _READER} == {}


@pytest.mark.parametrize(
    "line",
    ["request.query_params.get('q')", "r.path_params['id']", "request.state.form", "await request.form()"],
)
def test_such_a_place_is_found(line: str) -> None:
    assert list(readings(ast.parse(line)))
