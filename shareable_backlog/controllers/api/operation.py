"""Make handlers of the API from functions, whose types say what may be asked and what is answered."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, get_type_hints

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.services.account import tokens
from shareable_backlog.services.account.tokens import Right
from shareable_backlog.web import params
from shareable_backlog.web.formats.openapi import OperationDescription

Function: TypeAlias = Callable[..., Awaitable[object]]
"""A handler as `web/params` binds it, but that it returns the answer itself."""


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters at all."""


class Operation(Struct, frozen=True):
    """The handler of one route; `described` is what the document of the API says of it."""

    answer: Callable[[Request], Awaitable[object]]
    right: Right | None
    described: OperationDescription

    async def __call__(self, request: Request) -> Response:
        """Answer in JSON. Raises NotAllowed when a token is not for that, and InvalidInput for wrong parameters."""
        if self.right is not None:
            await tokens.require_right(auth.require_user(request), self.right, auth.read_actor(request))
        if self.described.query is Nothing:
            params.read_query(request, Nothing)
        return Response(msgspec.json.encode(await self.answer(request)), media_type="application/json")


def operation(right: Right | None) -> Callable[[Function], Operation]:
    """Make a handler of a function; a program needs `right` among those of its token, None: not even a token."""

    def build(function: Function) -> Operation:
        query = params.list_struct_types(function).get("query", Nothing)
        name: str = getattr(function, "__name__", "")
        answer = get_type_hints(function, include_extras=True)["return"]
        return Operation(
            params.bind(function), right, OperationDescription(name, function.__doc__ or "", query, answer, right)
        )

    return build
