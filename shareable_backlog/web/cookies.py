"""Set the product's cookies: for where it is served alone, out of scripts' reach, and over TLS where there is TLS."""

from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.web.sub_path import get_sub_path

_LONGEST = 2000


def format_name(request: Request, what: str) -> str:
    """Return the name of the cookie `what`, with the strictest prefix that browsers allow it.

    With TLS that is the one that ties it to this host; but it forbids a path, which keeps cookies from a neighbour.
    """
    if not request.app.state.is_https:
        return f"slb_{what}"
    return f"__Secure-slb_{what}" if get_sub_path() else f"__Host-slb_{what}"


def read_cookie(request: Request, what: str) -> str | None:
    """Return a cookie; None when there is none, or one that can't be ours."""
    value = request.cookies.get(format_name(request, what))
    return value if value and len(value) <= _LONGEST and value.isascii() else None


def set_cookie(request: Request, response: Response, what: str, value: str, lives_s: int | None = None) -> None:
    """Set a cookie; with None in `lives_s` until the browser ends."""
    response.set_cookie(
        format_name(request, what),
        value,
        max_age=lives_s,
        path=get_sub_path() or "/",
        secure=request.app.state.is_https,
        httponly=True,
        samesite="lax",
    )


def delete_cookie(request: Request, response: Response, what: str) -> None:
    """Delete a cookie."""
    response.delete_cookie(
        format_name(request, what),
        path=get_sub_path() or "/",
        secure=request.app.state.is_https,
        httponly=True,
        samesite="lax",
    )
