"""Read whom a trusted proxy's header names, and tell the operator once when it names nobody that can be known."""

import re
from collections.abc import Sequence

from msgspec import Struct
from starlette.requests import Request

from shareable_backlog import logs
from shareable_backlog.config import Network
from shareable_backlog.config.values import parse_email
from shareable_backlog.services.access import user_scopes
from shareable_backlog.services.access.sign_in import ProxyUser
from shareable_backlog.web import network

_LOG = logs.get_logger(__name__)
_LONGEST_SHAPE = 80


class ProxyHeader(Struct, frozen=True):
    """The header by which the `proxies` name a person; `prefix` is what stands before the email address there.

    `groups_name` is the header of their groups, "" without one, and `groups` are pairs like `staff=Field staff`.
    """

    name: str
    prefix: str
    proxies: Sequence[Network]
    groups_name: str = ""
    groups: Sequence[str] = ()


def find_user(request: Request, header: ProxyHeader | None) -> ProxyUser | None:
    """Return whom a trusted proxy's header names, with their groups; None without one."""
    if header is None or not network.is_trusted_peer(request, header.proxies):
        return None
    value = _find_value(request, header.name)
    email = value and _read_email(header, value)
    if not email:
        return None
    # A proxy leaves the header out for who is in no group, so that this means none and not that nothing is known.
    named = _find_value(request, header.groups_name) or b""
    groups = [group.strip() for group in re.split(r"[,|]", named.decode("utf-8", "replace"))]
    return ProxyUser(email, user_scopes.map_groups(header.groups, groups))


def _find_value(request: Request, wanted: str) -> bytes | None:
    """Return what a header holds; None if that is nothing.

    A header that stands there twice, or whose name was spelt with underscores, is somebody else's.
    """
    named = [(name, value) for name, value in request.headers.items() if name.replace("_", "-") == wanted]
    if not any(value.strip() for _, value in named):
        return None
    if len(named) > 1:
        return _refuse(wanted, "it came more than once, so somebody else may have set it: the proxy has to remove it")
    [(name, value)] = named
    if name != wanted:
        return _refuse(wanted, "its name came with underscores, so the proxy did not set it")
    return value.encode("latin-1")  # as which Starlette has read it


def _read_email(header: ProxyHeader, value: bytes) -> str | None:
    try:
        text = value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return _refuse(header.name, "it is not in UTF-8")
    try:
        return parse_email(text[len(header.prefix) :] if text.lower().startswith(header.prefix) else text)
    except ValueError:
        shape = re.sub(r"\w", "x", text[:_LONGEST_SHAPE])  # a log keeps no names
        return _refuse(
            header.name,
            "it holds no email address",
            f" but something like {shape!r}: name the header that holds one, or set AUTH_PROXY_PREFIX to what stands"
            " before it",
        )


def _refuse(name: str, reason: str, advice: str = "") -> None:
    """Ignore the header, and say why in the log."""
    _LOG.warn_daily("proxy_header_ignored", reason, header=name, reason=reason + advice)
