"""Know who asks: the client's address behind trusted proxies, whether it may come at all, and our own host names."""

import ipaddress
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shareable_backlog import logs
from shareable_backlog.config import Network
from shareable_backlog.config.values import drop_default_port
from shareable_backlog.errors import InvalidInput, NotAllowed
from shareable_backlog.web import errors

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
# What might be both, an IPv6 address that ends in a port or one of more groups, is the longer address.
_ADDRESSES = tuple(
    re.compile(rf'(?P<quote>"?)(?:{form})(?P=quote)', re.ASCII)
    for form in (
        r"(?P<ip>[0-9a-fA-F.:]+)(?:%[\w.-]+)?",
        r"(?P<ip>[0-9a-fA-F.:]+):\d{1,5}",
        r"\[(?P<ip>[0-9a-fA-F.:]+)(?:%[\w.-]+)?\](?::\d{1,5})?",
    )
)
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

_CLAIMS = ("x-forwarded-for", "x-real-ip")
_FORWARDED_FOR = re.compile(r'\bfor=("[^"]*"|[^;,\s]*)', re.IGNORECASE)  # RFC 7239
_FIX = (
    "requests come through a proxy that TRUSTED_PROXIES does not name, and all count as that address: name it, or"
    " keep it from sending these headers"
)
_LOG = logs.get_logger(__name__)


class NetworkGate:
    """Wrap an ASGI application: refuse strangers' networks and other hosts' names.

    `open_paths`, whole or up to a `{`, are free of both, as their askers are programs with addresses of their own:
    probes and Linear. Of whom a proxy that nobody trusts says that it speaks can only close the gate, never open it,
    and the log names that proxy once a day. `on_refused` is told why it refused a request ("network" or "another
    host"), the address, path and user agent. The client's address, None when it can't be told, is left in
    `scope["state"]["client"]`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        base_url: str | None,
        allowed: Sequence[Network],
        proxies: Sequence[Network],
        open_paths: Sequence[str],
        on_refused: Callable[[str, str, str, str], Awaitable[None]],
    ) -> None:
        self._app = app
        own = urlsplit(base_url or "http://")
        self._scheme, self._own_host = own.scheme, own.netloc or None
        self._allowed, self._proxies = allowed, proxies
        self._open_paths = frozenset(path for path in open_paths if "{" not in path)
        self._open_prefixes = tuple(path.partition("{")[0] for path in open_paths if "{" in path)
        self._on_refused = on_refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400 or 403."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        address = find_client_address(request, self._proxies)
        state = scope.setdefault("state", {})
        state["client"] = None if address is None else str(address)
        state["came_through"] = (address, *_list_claims(request, self._proxies))
        path: str = scope["path"]
        is_open = path in self._open_paths or path.startswith(self._open_prefixes)
        refusal = None if is_open else await self._check_request(request, str(address))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            answer = await errors.on_backlog_error(request, refusal)
            await answer(scope, receive, send)

    async def _check_request(self, request: Request, ip_address: str) -> InvalidInput | NotAllowed | None:
        if not is_from(request, self._allowed):
            await self._tell_refusal("network", request, ip_address)
            return NotAllowed("The backlog isn't available from this network. Ask an admin, or use another network.")
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or not self._is_own(hosts[0].lower()):
            await self._tell_refusal("another host", request, ip_address)
            return InvalidInput("This isn't an address of the backlog. Use the one you were given.")
        return None

    async def _tell_refusal(self, why: str, request: Request, ip_address: str) -> None:
        await self._on_refused(why, ip_address, request.scope["path"], request.headers.get("user-agent", ""))

    def _is_own(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        return drop_default_port(self._scheme, host) == self._own_host or name in _LOOPBACK_NAMES


def find_client_address(request: Request, proxies: Sequence[Network]) -> IpAddress | None:
    """Return the rightmost address that is no trusted proxy's; None when that is no address.

    What stands left of it in X-Forwarded-For anybody could have written.
    """
    address = _parse_address(request.client.host) if request.client else None
    lines = request.headers.getlist("x-forwarded-for")
    forwarded = [part.strip() for line in lines for part in line.split(",")]
    while forwarded and address is not None and is_within(address, proxies):
        address = _parse_address(forwarded.pop())
    return address


def _list_claims(request: Request, proxies: Sequence[Network]) -> list[IpAddress]:
    """Return the addresses for which a peer says that it speaks and which are no trusted proxy's to tell."""
    if is_trusted_peer(request, proxies):
        return []
    texts = [part.strip() for name in _CLAIMS for line in request.headers.getlist(name) for part in line.split(",")]
    texts += [text for line in request.headers.getlist("forwarded") for text in _FORWARDED_FOR.findall(line)]
    claims = [one for one in map(_parse_address, texts) if one is not None]
    if claims and request.client:
        _LOG.warn_daily("untrusted_proxy", "", proxy=request.client.host, fix=_FIX)
    return claims


def is_from(request: Request, networks: Sequence[Network]) -> bool:
    """Return whether a request that passed the gate comes from these networks, whoever says so."""
    return all(one is not None and is_within(one, networks) for one in request.scope["state"]["came_through"])


def is_trusted_peer(request: Request, proxies: Sequence[Network]) -> bool:
    """Return whether the connection itself comes from a trusted proxy."""
    peer = _parse_address(request.client.host) if request.client else None
    return peer is not None and is_within(peer, proxies)


def is_within(ip_address: IpAddress, networks: Sequence[Network]) -> bool:
    """Return whether an address lies in one of the networks."""
    return any(ip_address in network for network in networks)


@lru_cache(1024)
def _parse_address(text: str) -> IpAddress | None:
    """Read an address, with or without brackets, quotation marks, a zone and a port."""
    for pattern in _ADDRESSES:
        found = pattern.fullmatch(text)
        try:
            ip_address = ipaddress.ip_address(found["ip"]) if found else None
        except ValueError:
            continue
        if ip_address is not None:
            return (isinstance(ip_address, ipaddress.IPv6Address) and ip_address.ipv4_mapped) or ip_address
    return None
