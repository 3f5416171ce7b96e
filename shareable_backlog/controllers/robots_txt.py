"""Answer `/robots.txt`: nothing here is for search engines (RFC 9309)."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

PATH = "/robots.txt"


async def show_rules(_request: Request) -> Response:
    """Answer that robots may fetch nothing."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n", headers={"Cache-Control": "public, max-age=86400"})
