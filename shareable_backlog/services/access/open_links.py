"""Say what can be done in a browser with the link or the code that was mailed; changes nothing."""

import hmac
from typing import Literal, TypeAlias

from msgspec import Struct

from shareable_backlog.database import transaction
from shareable_backlog.database.access import sign_in_links
from shareable_backlog.database.access.sign_in_links import SignInLink
from shareable_backlog.errors import SignInFailed
from shareable_backlog.services.access.sessions import hash_token

CodeState: TypeAlias = Literal["open", "closed", "none"]
"""Whether a code is taken in a browser; closed after too many wrong ones, none when no link is open there."""


NO_GOOD = "This link or code is no longer valid. Ask for a new one and use it within ten minutes."


class OpenLink(Struct, frozen=True):
    """A link that can be used: `needs_code` in another browser than the one that asked for it.

    `has_code` unless too many wrong codes came for its mail address; then only the other browser can use it.
    """

    email: str
    needs_code: bool
    has_code: bool


async def read_link(token: str, browser: str | None) -> OpenLink:
    """Return what can be done with a link in a browser. Changes nothing.

    Raises SignInFailed when the link is good for nothing any more.
    """
    async with transaction() as tx:
        link = await sign_in_links.find_by_token(tx, hash_token(token))
    if link is None or not link.is_open:
        raise SignInFailed(NO_GOOD)
    return OpenLink(link.email, needs_code=not is_from(link, browser), has_code=link.has_code)


async def read_code_state(browser: str | None) -> CodeState:
    """Return whether the code of what a browser asked for last can be typed there."""
    async with transaction() as tx:
        link = await sign_in_links.find_by_browser(tx, hash_token(browser)) if browser else None
    if link is None or not link.is_open:
        return "none"
    return "open" if link.has_code else "closed"


def is_from(link: SignInLink | None, browser: str | None) -> bool:
    """Return whether the browser is the one that asked; the operator's links belong to whoever has them."""
    if link is None or link.browser_hash is None:
        return True
    return browser is not None and hmac.compare_digest(link.browser_hash, hash_token(browser))
