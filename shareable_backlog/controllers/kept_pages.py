"""Keep pages as they are sent, for as long as nothing changes that they are made of.

A page that is kept is made for nobody in particular: its handler is given a reader without a name, an address or a
session, with all else that they have. That reader, the page's address, the mirror's version, which changes with what
is shared too, the settings and the minute are what a page is kept under, and nothing else is known while it is made.
So readers with the same rights and the same things unseen share it; only the token of their forms is each one's own.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Hashable
from http import HTTPStatus
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.access.page_users import PageUser
from shareable_backlog.web import forms, live_files
from shareable_backlog.web.pages import packed_page
from shareable_backlog.web.pages.cache import AsyncLruCache
from shareable_backlog.web.pages.packed_page import PackedPage
from shareable_backlog.web.sub_path import get_sub_path

Shown: TypeAlias = Callable[[Request], Awaitable[None]]
"""What is done each time that a page is sent, for whoever asks for it."""


class _KeptPage(Struct, frozen=True):
    """A page, the mark by which a browser says that it has it, and what is done when it is sent."""

    mark: str
    page: PackedPage
    shown: Shown | None


class _NotKeptError(Exception):
    """The answer is no page."""


_KEPT = ProcessState(lambda: AsyncLruCache[_KeptPage](512))
# Pages of another process, perhaps of another version of the program, are not to be taken for ours.
_BORN = secrets.token_hex(8)
# What stands for that of a browser while a page is made, and the token that forms have by it.
_SECRET = secrets.token_hex()
_GAP = forms.compute_token(_SECRET)


async def send_page(request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
    """Answer with the page of this address, kept or as `handler` makes it, or with nothing to who has it already."""
    anybody = _hide_person(auth.require_page_user(request))
    key = list_what_it_is_made_of(request, anybody)
    kept = _KEPT.value.find(key)
    mark = kept.mark if kept else hashlib.sha256(repr((_BORN, key)).encode()).hexdigest()
    token = auth.read_form_token(request)
    headers = {
        "ETag": f'W/"{hashlib.sha256((mark + token).encode()).hexdigest()[:32]}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Cookie, Accept-Encoding",
    }
    if kept is None:
        answers: list[Response] = []

        async def make() -> _KeptPage:
            answers.append(await _make_for_anybody(request, handler, anybody))
            return _keep(answers[0], mark, request.state.shown)

        try:
            kept = await _KEPT.value.get(key, make)
        except _NotKeptError:  # a redirect, whose headers are one reader's
            return answers[0] if answers else await handler(request)
    if kept.shown is not None:
        await kept.shown(request)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if compressed := "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    return HTMLResponse(kept.page.fill(token, compressed=compressed), headers=headers)


def note_when_shown(request: Request, shown: Shown) -> None:
    """Have `shown` called each time that the page of this request is sent, for the reader whose request that is.

    That a browser has it already makes no difference. What `shown` raises is the answer then.
    """
    request.state.shown = shown


def _hide_person(reader: PageUser) -> PageUser:
    user = replace(reader.user, user_id=0, email="", display_name=None, method="", session_id=None, is_proven=False)
    return replace(reader, user=user)


def list_what_it_is_made_of(request: Request, reader: PageUser) -> Hashable:
    """Return all that the page of this address is made of for such a reader."""
    return (
        request.scope["path"],
        request.scope["query_string"],
        reader,
        auth.read_local_format(request),
        request.state.place,
        int(clock.read_time().timestamp()) // 60,
        live_files.read_files_edition(),
        get_sub_path(),
    )


async def _make_for_anybody(
    request: Request, handler: Callable[[Request], Awaitable[Response]], anybody: PageUser
) -> Response:
    state = request.state
    known = state.reader, state.visitor, state.secret
    state.reader, state.visitor, state.secret, state.shown = anybody, anybody.user, _SECRET, None
    try:
        return await handler(request)
    finally:
        state.reader, state.visitor, state.secret = known


def _keep(answer: Response, mark: str, shown: Shown | None) -> _KeptPage:
    """Return what is kept of an answer. Raise _NotKeptError for what is no page."""
    if answer.status_code != HTTPStatus.OK or not isinstance(answer, HTMLResponse):
        raise _NotKeptError
    return _KeptPage(mark, packed_page.pack_page(bytes(answer.body), _GAP), shown)
