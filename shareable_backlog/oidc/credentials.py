"""Show a provider's token endpoint the client's secret (RFC 6749, 2.3.1), in each way that one may take."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote_plus


@dataclass(frozen=True, slots=True)
class Credentials:
    """The headers and the fields by which a token endpoint knows us, by one `method`."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False)


def list_credentials(document: Mapping[str, Any], name: str, secret: str) -> list[Credentials]:
    """Return the ways to try, the one that a provider with this document should take first."""
    methods = document.get("token_endpoint_auth_methods_supported")
    known = cast("list[object]", methods) if isinstance(methods, list) else []
    post = Credentials("client_secret_post", {}, {"client_id": name, "client_secret": secret})
    if "client_secret_post" in known and "client_secret_basic" not in known:
        return [post]
    found = [_build_basic("client_secret_basic", quote_plus(name), quote_plus(secret))]
    if not known or post.method in known:
        found.append(post)
    if (name, secret) != (quote_plus(name), quote_plus(secret)):
        # Some don't decode what the standard has encoded.
        found.append(_build_basic("client_secret_basic, not encoded", name, secret))
    return found


def _build_basic(method: str, name: str, secret: str) -> Credentials:
    pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return Credentials(method, {"Authorization": f"Basic {pair}"}, {})
