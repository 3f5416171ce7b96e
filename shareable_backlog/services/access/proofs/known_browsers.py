"""Know by a cookie the browsers in which people signed in before, and mail whoever came in by another one.

The cookie holds a mark for each person who signed in there, which says neither who they are nor anything of the
browser.
"""

import hmac
from time import time

from msgspec import Struct

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.access import rate_limits
from shareable_backlog.services.access import notices
from shareable_backlog.services.access.sign_in import NewSession, SignInConfig
from shareable_backlog.services.audit.audit_actions import Actor

LIVES_S = 400 * 86_400  # longer no browser keeps a cookie
_MOST_PEOPLE, _LONGEST_MARK = 5, 80
_MOST_MAILS, _WINDOW_S = 5, 86_400


class BrowserMarks(Struct, frozen=True):
    """What is known of a browser: its cookie, None without one, what people call it, and who was signed in there."""

    cookie: str | None
    name: str
    user_id: int | None


async def welcome_browser(config: SignInConfig, session: NewSession, marks: BrowserMarks, actor: Actor) -> str:
    """Mail the person of a new session if the browser is new for them, and return the browser's cookie from now on.

    The first sign-in of all needs no mail, and nobody gets more than five of them in a day.
    """
    is_known = session.user_id == marks.user_id or is_marked(config.secret_key, marks.cookie, session.user_id)
    if not (is_known or session.is_first) and await rate_limits.allow_try(
        f"new browser:{session.user_id}", _MOST_MAILS, _WINDOW_S
    ):
        at = clock.read_time().strftime("%Y-%m-%d %H:%M UTC")
        async with transaction() as tx:
            place = f"{marks.name}, from {actor.ip_address or 'an unknown address'}, {at}"
            await notices.announce_new_browser(tx, config.outbox, session.email, place)
    return add_mark(config.secret_key, marks.cookie, session.user_id)


def is_marked(secret_key: bytes, cookie: str | None, user_id: int) -> bool:
    """Return whether a cookie says that this person signed in with it in the last 400 days."""
    return _find_mark(secret_key, cookie, user_id) is not None


def add_mark(secret_key: bytes, cookie: str | None, user_id: int) -> str:
    """Return the cookie with a new mark of this person, and those of the last four others who came."""
    old = _find_mark(secret_key, cookie, user_id)
    others = [mark for mark in (cookie or "").split(".") if 0 < len(mark) <= _LONGEST_MARK and mark != old]
    return ".".join([*others, _make_mark(secret_key, user_id, f"{int(time()):x}")][-_MOST_PEOPLE:])


def _find_mark(secret_key: bytes, cookie: str | None, user_id: int) -> str | None:
    for mark in (cookie or "").split("."):
        at = mark.partition("-")[0]
        if hmac.compare_digest(mark.encode(), _make_mark(secret_key, user_id, at).encode()):
            return mark if int(at, 16) > time() - LIVES_S else None
    return None


def _make_mark(secret_key: bytes, user_id: int, at: str) -> str:
    return f"{at}-{hmac.digest(secret_key, f'known browser {user_id} {at}'.encode(), 'sha256').hex()}"
