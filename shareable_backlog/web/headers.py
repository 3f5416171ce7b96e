"""Give every answer its security headers."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REPORTS_PATH = "/policy-reports"
"""Where browsers report what the policy kept from happening."""

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self';"
    " manifest-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
    # Text becomes a page in one place of the scripts alone.
    " require-trusted-types-for 'script'; trusted-types backlog;"
    # The older word is for browsers that don't know the newer one.
    " report-to policy; report-uri {reports_url}"
)
_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Reporting-Endpoints": 'policy="{reports_url}"',
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # For whoever reads no /robots.txt, and for what is no page, such as a file.
    "X-Robots-Tag": "noindex",
    # Not "no-referrer": then browsers would not say the origin of our own forms either.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_ALWAYS_TLS = b"max-age=31536000"


class SecurityHeaders:
    """Wrap an ASGI application; people's pages are not to be stored unless the handler says otherwise.

    `sub_path` is the path below which it is served; `hsts_subdomains` is whether the host's subdomains are always
    behind TLS, too.
    """

    def __init__(self, app: ASGIApp, *, is_https: bool, sub_path: str = "", hsts_subdomains: bool = False) -> None:
        self._app = app
        texts = {name: value.format(reports_url=f"{sub_path}{REPORTS_PATH}") for name, value in _HEADERS.items()}
        self._headers = [(name.lower().encode(), text.encode()) for name, text in texts.items()]
        if is_https:
            always = _ALWAYS_TLS + b"; includeSubDomains" * hsts_subdomains
            self._headers.append((b"strict-transport-security", always))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
                MutableHeaders(raw=message["headers"]).setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
