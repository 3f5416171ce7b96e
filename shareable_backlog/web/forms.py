"""Read posted forms, and make sure that they were posted from a page of ours."""

import codecs
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request

from shareable_backlog.errors import InvalidInput, NotAllowed
from shareable_backlog.web import bodies
from shareable_backlog.web.formats import multipart

_LARGEST_BODY = 2**18
_MOST_FIELDS = 5000
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Form(ImmutableMultiDict[str, str]):
    """The fields of a form, each possibly several times."""


async def read(request: Request) -> Form:
    """Return the form that was posted, and leave it and its files. Raise InvalidInput for what is none."""
    kind = request.headers.get("content-type", "")
    body = await bodies.read_body(request, _LARGEST_BODY)
    files: dict[str, bytes] = {}
    try:
        match kind.partition(";")[0].strip().lower():
            case _ if not body:
                fields: list[tuple[str, str]] = []
            case "application/x-www-form-urlencoded":
                fields = parse_qsl(
                    body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
                )
            case "multipart/form-data":
                parts = multipart.parse_parts(kind, body)
                fields = [(one.name, one.content.decode()) for one in parts if not one.is_file]
                # A file of text is a field too, which a form that is held for a sign-in keeps.
                fields += [(one.name, _read_text(one.content)) for one in parts if one.is_file]
                files = {one.name: one.content for one in parts if one.is_file}
            case _:
                raise InvalidInput("Only forms from these pages are accepted here. Nothing was changed.")
    except ValueError:
        raise InvalidInput(
            "The form could not be read, so nothing was changed. Reload the page and try again."
        ) from None
    form, request.state.files = Form(fields), files
    request.state.form = form
    return form


def _read_text(content: bytes) -> str:
    """Return the text of a file, nothing for what is none; spreadsheets write UTF-16 too."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    return "" if b"\0" in content else content.decode("utf-8-sig", "replace")


def get_form(request: Request) -> Form:
    """Return the form of a request, once it was read."""
    return request.state.form


def get_file(request: Request, name: str) -> bytes:
    """Return what a file of the form holds, once that was read; nothing when no file was chosen."""
    files: dict[str, bytes] = request.state.files
    return files.get(name, b"")


def compute_token(secret: str) -> str:
    """Return the token that a form of this browser carries, made from a secret in one of its cookies."""
    return hashlib.sha256(b"csrf " + secret.encode()).hexdigest()


def require_own(request: Request, form: Mapping[str, str], secret: str | None, own_origin: str | None) -> None:
    """Raise NotAllowed unless the form comes from a page of ours in this very browser.

    Browsers say the origin of every form that they post: it has to be `own_origin`, or this machine's own name. The
    `secret` is that of the browser's cookie, None when it has none.
    """
    host = request.headers.get("host", "")
    own = {own_origin, f"http://{host}" if urlsplit(f"//{host}").hostname in _LOOPBACK_NAMES else None}
    origins = request.headers.getlist("origin")
    is_own = len(origins) == 1 and origins[0].lower() in own
    given = form.get("csrf", "").encode()
    if not is_own or secret is None or not hmac.compare_digest(given, compute_token(secret).encode()):
        raise NotAllowed(
            "This form did not come from a page of the backlog, or the page was too old."
            " Nothing was changed. Reload the page and try again."
        )


def choose_own_path(text: str | None) -> str:
    """Return `text` if it leads to a page of ours, else `/`: browsers read `//` and backslashes as other hosts."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")):
        return "/"
    if any(ord(character) <= 0x20 or character in "\\\x7f" for character in text) or len(text) > 2000:  # noqa: PLR2004 (an address)
        return "/"
    return text
