"""Be an identity provider for tests: discovery, authorization, token, keys and userinfo over real HTTP.

with running() as provider:
    provider.claims |= {"email": "carol@example.com"}
    ...  # settings OIDC_ISSUER=provider.url, OIDC_CLIENT_ID=provider.client_id, …
    back = provider.consent(url_that_the_product_sent_the_browser_to)

A browser may go there itself: everybody agrees at once.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import threading
import time
import warnings
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

_NOT_FOUND, _FOUND, _OK, _BAD, _UNAUTHORIZED = 404, 302, 200, 400, 401


@dataclass
class Provider:
    """What the provider says and does; tests change it before they ask."""

    url: str = ""
    name: str = ""
    """What it calls itself, if not `url`."""
    client_id: str = "backlog"
    client_secret: str = "0client0secret0of0the0tests0"
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "carol-1", "email_verified": True})
    userinfo: dict[str, Any] | None = None
    is_userinfo_signed: bool = False
    client_methods: tuple[str, ...] = ()
    """How it really takes the client's secret: client_secret_basic, client_secret_post, or undecoded_basic."""
    forgets_refused_codes: bool = False
    """Whether a code is used up when the client is not believed."""
    access_token: Any = "0access0"
    document: dict[str, Any] = field(default_factory=dict[str, Any])
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(
        default_factory=dict[str, tuple[int, dict[str, str], bytes]]
    )
    """What a path answers in place of what is right: status, headers, body."""
    delay_s: float = 0
    key: RSAKey | ECKey | OKPKey = field(default_factory=lambda: rsa_key("first"))
    algorithm: str = "RS256"
    shared: bytes = b""
    """What a token is signed with at HS256."""
    header: dict[str, Any] = field(default_factory=dict[str, Any])
    """What else a token's header says; None takes something away."""
    public: list[Any] | None = None
    """The keys that it publishes, if not its own."""
    asked: list[str] = field(default_factory=list[str])
    """The paths that were asked for."""
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    """The headers of the same requests, names in small letters."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def consent(self, url: str) -> str:
        """Be the person who agrees at `url`: give the address that the browser is sent back to, path and query."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize", url
        back = urlsplit(self._agree(_first_values(parts.query)))
        return f"{back.path}?{back.query}"

    def answer(self, path: str, form: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Answer a request as a provider does."""
        self.asked.append(path)
        self.headers.append(headers)
        time.sleep(self.delay_s)
        if path in self.answers:
            return self.answers[path]
        match path:
            case "/.well-known/openid-configuration":
                return _json(self._document())
            case "/authorize":
                return _FOUND, {"Location": self._agree(form)}, b""
            case "/keys":
                return _json({"keys": self.public if self.public is not None else self._public()})
            case "/token":
                return self._token(form, headers)
            case _:
                return self._userinfo() if path == "/userinfo" else _json({}, _NOT_FOUND)

    def _agree(self, query: dict[str, str]) -> str:
        assert query["response_type"] == "code"
        assert query["client_id"] == self.client_id
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = f"code-{secrets.token_hex(8)}"
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.name or self.url}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.name or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "scopes_supported": ["openid", "email", "profile", "groups"],
        } | self.document

    def _public(self) -> list[dict[str, Any]]:
        return list(KeySet([self.key]).as_dict(private=False)["keys"])  # pyright: ignore[reportArgumentType] (a TypedDict)

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if not self._is_client(form, headers):
            if self.forgets_refused_codes:
                self.codes.clear()
            return _json({"error": "invalid_client"}, _UNAUTHORIZED)
        begun = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            begun is None
            or begun["code_challenge"] != challenge.decode().rstrip("=")
            or begun["redirect_uri"] != form.get("redirect_uri")
        ):
            return _json({"error": "invalid_grant"}, _BAD)
        return _json(
            {
                "access_token": self.access_token,
                "token_type": "Bearer",
                "id_token": self._id_token(begun["nonce"]),
            }
        )

    def _userinfo(self) -> tuple[int, dict[str, str], bytes]:
        if not self.is_userinfo_signed:
            return _json(self.userinfo or {})
        signed = self._sign({"iss": self.name or self.url, "aud": self.client_id} | (self.userinfo or {}))
        return _OK, {"Content-Type": "application/jwt; charset=utf-8"}, signed.encode()

    def _is_client(self, form: dict[str, str], headers: dict[str, str]) -> bool:
        """Return whether it is the client that asks, in one way alone, and one that is taken."""
        is_post_alone = self.document.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]
        taken = self.client_methods or ("client_secret_post" if is_post_alone else "client_secret_basic",)
        name, secret = self.client_id, self.client_secret
        if "authorization" not in headers:
            named = (form.get("client_id"), form.get("client_secret"))
            return "client_secret_post" in taken and named == (name, secret)
        pairs = {
            "client_secret_basic": f"{quote_plus(name)}:{quote_plus(secret)}",
            "undecoded_basic": f"{name}:{secret}",
        }
        told = [f"Basic {base64.b64encode(pairs[way].encode()).decode()}" for way in taken if way in pairs]
        return "client_secret" not in form and headers["authorization"] in told

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        standard = {"iss": self.name or self.url, "aud": self.client_id, "exp": now + 300, "iat": now, "nonce": nonce}
        return self._sign({name: value for name, value in (standard | self.claims).items() if value is not None})

    def _sign(self, claims: dict[str, Any]) -> str:
        said = {"alg": self.algorithm, "kid": self.key.kid} | self.header
        header = {name: value for name, value in said.items() if value is not None}
        if self.algorithm in ("none", "HS256"):
            text = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
            return f"{text}.{_encoded(hmac.digest(self.shared, text.encode(), 'sha256')) if self.shared else ''}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some of what it is to say is bad advice
            free = JWSRegistry(algorithms=[self.algorithm], strict_check_header=False)
            free.max_header_length = 2**20
            return jwt.encode(header, claims, self.key, registry=free)


@cache
def rsa_key(name: str) -> RSAKey:
    """Return a key by that name, the same one each time, as making one takes long."""
    return RSAKey.generate_key(2048, {"kid": name})


def _first_values(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _json(content: object, status: int = _OK) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


@contextlib.contextmanager
def run_provider() -> Generator[Provider]:
    """Yield a provider that listens on loopback."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(_first_values(urlsplit(self.path).query))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._answer(_first_values(body))

        def _answer(self, form: dict[str, str]) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, body = provider.answer(urlsplit(self.path).path, form, headers)
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | more).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name it has there)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
