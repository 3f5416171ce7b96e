"""Make handlers of the API from functions, whose types say what may be asked and what is answered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.account import tokens
from shareable_backlog.services.account.tokens import Right
from shareable_backlog.web.formats import openapi
from shareable_backlog.web.formats.openapi import Described

Function: TypeAlias = Callable[[Request, Any], Awaitable[object]]
"""Take a request and its parameters, in a structure that checks them, and give the answer."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Be the handler of one route; `described` is what the document of the API says of it."""

    answer: Function
    right: Right | None
    described: Described

    async def __call__(self, request: Request) -> Response:
        """Answer in JSON. Raises NotAllowed when a token is not for that, and InvalidInput for wrong parameters."""
        if self.right is not None:
            await tokens.require(auth.visitor(request), self.right, auth.actor(request))
        answer = await self.answer(request, _read(request, self.described.asked))
        return Response(msgspec.json.encode(answer), media_type="application/json")


def operation(right: Right | None) -> Callable[[Function], Operation]:
    """Make a handler of a function; a program needs `right` among those of its token, None: not even a token."""

    def made(function: Function) -> Operation:
        hints = get_type_hints(function, include_extras=True)
        *_, asked, answer = hints.values()
        name: str = getattr(function, "__name__", "")
        described = Described(name, function.__doc__ or "", asked, answer, right)
        return Operation(function, right, described)

    return made


def _read(request: Request, asked: type[msgspec.Struct]) -> msgspec.Struct:
    """Give the parameters of the address. Raises InvalidInput, which says what is wrong with which."""
    meanings = {one["name"]: one["description"] for one in openapi.parameters(asked)}
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name not in meanings:
            there_are = f"There are: {', '.join(meanings)}." if meanings else "There are none."
            raise InvalidInput(f"There is no parameter “{name[:50]}” here. {there_are}")
        if name in given:
            raise InvalidInput(f"The parameter “{name}” may stand there only once.")
        given[name] = value.replace("\x00", "")  # which PostgreSQL can't compare
        try:
            msgspec.convert({name: given[name]}, asked, strict=False)
        except msgspec.ValidationError:
            raise InvalidInput(f"The parameter “{name}” can't be that. {meanings[name]}") from None
    return msgspec.convert(given, asked, strict=False)
