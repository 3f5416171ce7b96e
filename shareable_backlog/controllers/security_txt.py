"""Answer `/.well-known/security.txt`: whom to tell of a weakness (RFC 9116)."""

from datetime import UTC, datetime, time, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from shareable_backlog import clock
from shareable_backlog.config import Settings
from shareable_backlog.config.values import parse_origin

PATH = "/.well-known/security.txt"
_GOOD_FOR = timedelta(days=180)  # less than a year is recommended


async def show_contacts(request: Request) -> Response:
    """Answer whom the operator named, and for how long that is good; without SECURITY_CONTACTS nothing is here."""
    settings: Settings = request.app.state.access.settings
    if not settings.security_contacts:
        raise HTTPException(404)
    expires = datetime.combine(clock.read_time().date() + _GOOD_FOR, time(), UTC)
    lines = [f"Contact: {contact}" for contact in settings.security_contacts]
    lines += [f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en"]
    # The standard looks for it at the root of the host, also where the backlog is served below a path.
    lines += [f"Canonical: {parse_origin(settings.base_url)}{PATH}"] if settings.base_url else []
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "public, max-age=86400"})
