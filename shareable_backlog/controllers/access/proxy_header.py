"""Read whom a trusted proxy's header names, and tell the operator once when it names nobody that can be known."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from shareable_backlog import logs
from shareable_backlog.config import Network
from shareable_backlog.config.values import parse_email
from shareable_backlog.web import network

_LOG = logs.get_logger(__name__)
_LONGEST_SHAPE = 80


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """The header by which the `proxies` name a person; `prefix` is what stands before the email address there."""

    name: str
    prefix: str
    proxies: Sequence[Network]


def find_email(request: Request, header: ProxyHeader | None) -> str | None:
    """Return the email address that a trusted proxy's header names; None without one.

    A header that stands there twice, or whose name was spelt with underscores, is somebody else's.
    """
    if header is None or not network.is_trusted_peer(request, header.proxies):
        return None
    named = [(name, value) for name, value in request.headers.items() if name.replace("_", "-") == header.name]
    if not any(value.strip() for _, value in named):
        return None
    if len(named) > 1:
        return _refuse(header, "it came more than once, so somebody else may have set it: the proxy has to remove it")
    [(name, value)] = named
    if name != header.name:
        return _refuse(header, "its name came with underscores, so the proxy did not set it")
    return _read_email(header, value.encode("latin-1"))  # as which Starlette has read it


def _read_email(header: ProxyHeader, value: bytes) -> str | None:
    try:
        text = value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return _refuse(header, "it is not in UTF-8")
    try:
        return parse_email(text[len(header.prefix) :] if text.lower().startswith(header.prefix) else text)
    except ValueError:
        shape = re.sub(r"\w", "x", text[:_LONGEST_SHAPE])  # a log keeps no names
        return _refuse(
            header,
            "it holds no email address",
            f" but something like {shape!r}: name the header that holds one, or set AUTH_PROXY_PREFIX to what stands"
            " before it",
        )


def _refuse(header: ProxyHeader, reason: str, advice: str = "") -> None:
    """Ignore the header, and say why in the log."""
    _LOG.warn_daily("proxy_header_ignored", reason, header=header.name, reason=reason + advice)
