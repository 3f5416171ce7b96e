"""Turn errors into answers: a page for people, JSON for programs, and the request's id in both answer and log."""

import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from shareable_backlog import logs
from shareable_backlog.errors import BacklogError
from shareable_backlog.web import forms
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.sub_path import drop_sub_path

_LOG = logs.get_logger(__name__)

# The one table from a service's error code to HTTP; any other code is a 500.
_STATUS = {
    "DATABASE_UNAVAILABLE": 503,
    "DATABASE_READ_ONLY": 503,
    "SCHEMA_NOT_READY": 503,
    "INTERRUPTED": 503,
    "NOT_FOUND": 404,
    "INVALID_INPUT": 400,
    "LINEAR_UNAVAILABLE": 502,
    "DELIVERY_REFUSED": 401,
    "NOT_SIGNED_IN": 401,
    "NOT_ALLOWED": 403,
    "SIGN_IN_FAILED": 403,
    "CONFLICT": 409,
    "TOO_MANY": 429,
}
_TITLES = {
    400: "That request isn't valid",
    401: "Please sign in",
    403: "You don't have access",
    404: "Page not found",
    405: "That can't be done here",
    409: "That can't be done right now",
    429: "Too many attempts",
    500: "Something went wrong",
    502: "Linear isn't responding",
    503: "The backlog can't be read right now",
}
_FOR_WHOEVER_RUNS_IT = {"SCHEMA_NOT_READY"}
"""What nobody can sign in before it is mended, so that its remedy is for everybody to read."""
_OPERATORS = re.compile(r"\b[A-Z]{2,}_[A-Z][A-Z_]+\b|`slb |\bslb [a-z]+ ")
_TITLES_OF_CODES = {
    "DATABASE_READ_ONLY": "Nothing can be recorded right now",
    "INTERRUPTED": "This site is being restarted",
}
_HEADERS = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": "60"},
    503: {"Retry-After": "5"},
}


class ErrorContext(Struct, frozen=True, kw_only=True):
    """What a page of an error says; `request_id` is what the log's events of this request have too."""

    title: str
    message: str
    request_id: str
    may_try_again: bool
    back: str | None


def add_handlers(app: Starlette) -> None:
    """Let `app` answer errors so, whatever they are."""
    app.add_exception_handler(BacklogError, on_backlog_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(ClientDisconnect, on_client_gone)
    app.add_exception_handler(Exception, on_any_error)


async def on_backlog_error(request: Request, error: Exception) -> Response:
    """Answer an error that a service raised; its own words are fit for anybody."""
    assert isinstance(error, BacklogError)  # noqa: S101 (Starlette's handlers are typed by Exception)
    status = _STATUS.get(error.code, 500)
    return _build_response(request, status, error.code, str(error))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer an error of HTTP itself: no such path, wrong method."""
    assert isinstance(error, HTTPException)  # noqa: S101 (as above)
    codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
    words = {
        404: "There is nothing at this address, or you may not see it.",
        405: "This page can't be used that way. Go back, and use its buttons and links.",
        408: "The request took too long to arrive, so it was ignored.",
        413: "The request is too large, so it was ignored.",
        415: "Compressed requests aren't accepted. Send it uncompressed.",
    }
    status = error.status_code
    answer = _build_response(
        request, status, codes.get(status, "HTTP_ERROR"), words.get(status, "That request can't be answered.")
    )
    answer.headers.update(error.headers or {})  # a 405 must name the methods that there are
    return answer


async def on_client_gone(_request: Request, _error: Exception) -> Response:
    """Answer nobody: the connection ended before the request did, which is no error and no line in the log."""
    return Response(status_code=400)


async def on_any_error(request: Request, error: Exception) -> Response:
    """Answer an error nobody foresaw: the request's id leads to its details in the log."""
    request_id = _read_request_id()
    path = hide_secret(request.url.path)
    _LOG.error("unforeseen_error", request_id=request_id, path=path, exc_info=error)
    message = "An unexpected error occurred, and nothing was changed. Give an admin the number below."
    return _build_response(request, 500, "INTERNAL_ERROR", message, request_id)


def _build_response(
    request: Request, status: int, code: str, message: str, request_id: str | None = None
) -> Response:
    """Return the answer, and log a failure, unless that is in the log under the `request_id` already."""
    user = getattr(request.state, "visitor", None)
    if not (user and user.is_admin) and code not in _FOR_WHOEVER_RUNS_IT:
        message = describe_for_readers(message)
    headers = _HEADERS.get(status, {})
    if request_id is None:
        request_id = _read_request_id()
        if status == 500:  # noqa: PLR2004 (HTTP)
            path = hide_secret(request.url.path)
            _LOG.error("request_failed", request_id=request_id, path=path, code=code)
    if needs_json(request):
        details: dict[str, Any] = {"incident": request_id} if status == 500 else {}  # noqa: PLR2004 (HTTP)
        body = {"error": {"message": message, "code": code, "details": details}}
        return JSONResponse(body, status, headers)
    title = _TITLES_OF_CODES.get(code) or _TITLES.get(status, "That did not work")
    context = ErrorContext(
        title=title,
        message=message,
        request_id=request_id,
        may_try_again=status == 503 and request.method in {"GET", "HEAD"},  # noqa: PLR2004 (HTTP)
        back=_find_way_back(request),
    )
    # Not there before the gate is passed.
    frame: Callable[[], Struct] | None = getattr(request.state, "frame", None)
    around = (frame(),) if frame else ()
    return rendering.render_page("shared/error.html", *around, context, status=status, headers=headers)


def _read_request_id() -> str:
    """Return the id of the request that is being answered, or a new one beside a server without ids."""
    return logs.get_request_id() or secrets.token_hex(8)


def describe_for_readers(message: str) -> str:
    """Return `message` without the sentences that name a setting or a command: they are for whoever runs this."""
    sentences = re.split(r"(?<=[.!?]) +", message)
    return " ".join(one for one in sentences if not _OPERATORS.search(one)) or "The admins can see what is wrong."


def _find_way_back(request: Request) -> str | None:
    """Return the page of ours from which a request came, as it is written in templates; None from nowhere else.

    Only its path is taken: whatever a browser says leads to this host.
    """
    try:
        came_from = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    path = drop_sub_path(came_from.path)
    if came_from.netloc != request.headers.get("host") or path.startswith("/sign-in/"):
        return None
    if request.method == "GET" and path == request.url.path:
        return None
    whole = f"{path}?{came_from.query}" if came_from.query else path
    return whole if forms.choose_own_path(whole) == whole else None


def hide_secret(path: str) -> str:
    """Return a path for the log and the record: a sign-in link lets in whoever has it."""
    begin = "/sign-in/link/"
    return f"{begin}…" if path.startswith(begin) else path


def needs_json(request: Request) -> bool:
    """Return whether the client is a program: below /api/ or /webhooks/, or one that takes JSON and no HTML."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith(("/api/", "/webhooks/")) or ("json" in accept and "html" not in accept)
