"""Handlers of the API, made from functions whose types say what they take and give."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct
from starlette.requests import Request

from shareable_backlog.controllers.api.operation import Nothing, operation
from shareable_backlog.errors import InvalidInput

pytestmark = pytest.mark.anyio


class Sum(Struct, frozen=True):
    """An answer."""

    total: int


class SumQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """A question."""

    a: Annotated[int, Meta(description="Give a whole number.")]
    b: Annotated[int, Meta(description="Give another one.")] = 1


@operation(None)
async def add(_request: Request, query: SumQuery) -> Sum:
    """Add two numbers."""
    return Sum(query.a + query.b)


@operation(None)
async def count(_request: Request) -> Sum:
    """Count nothing."""
    return Sum(0)


def asked(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "path_params": {}})


async def test_it_answers_in_json_what_the_function_returns() -> None:
    answer = await add(asked("a=2"))
    assert (answer.body, answer.media_type) == (b'{"total":3}', "application/json")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("a=x", "The parameter “a” isn't valid. Give a whole number."),
        ("a=1&a=1", "The parameter “a” may appear only once."),
        ("b=1", "The parameter “a” is missing. Give a whole number."),
        ("a=1&c=1", "There is no parameter “c” here. The parameters are: a, b."),
    ],
)
async def test_a_wrong_parameter_is_named(query: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        await add(asked(query))


async def test_a_function_that_takes_no_parameters_refuses_any() -> None:
    assert (await count(asked(""))).body == b'{"total":0}'
    with pytest.raises(InvalidInput, match="There is no parameter “a” here"):
        await count(asked("a=1"))


async def test_the_document_is_told_what_the_types_say() -> None:
    described = add.described
    assert (described.name, described.doc, described.right) == ("add", "Add two numbers.", None)
    assert (described.query, described.answer) == (SumQuery, Sum)
    assert count.described.query is Nothing
