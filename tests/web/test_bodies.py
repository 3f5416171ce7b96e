"""The body of a request is read to its limit and no further."""

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from shareable_backlog.web import bodies

pytestmark = pytest.mark.anyio


def sent_in(*chunks: bytes) -> Request:
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting: list[Message] = [*messages, {"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        return waiting.pop(0)

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_a_body_is_all_that_came() -> None:
    assert await bodies.read_body(sent_in(b"ab", b"", b"c"), 3) == b"abc"


async def test_one_byte_more_than_it_may_have_is_too_much() -> None:
    with pytest.raises(HTTPException) as refused:
        await bodies.read_body(sent_in(b"ab", b"cd"), 3)
    assert refused.value.status_code == 413
