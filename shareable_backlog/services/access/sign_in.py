"""Let people in: by a mailed link or its code, by an identity provider, by a proxy that knows them.

Every way ends at the same gate: whoever is new is pending, and sees nothing until an admin has decided.
"""

import asyncio
import contextlib
import hmac
import ipaddress
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shareable_backlog import logs
from shareable_backlog.database import transaction
from shareable_backlog.database.access import rate_limits, sessions, sign_in_links, users
from shareable_backlog.database.access.sign_in_links import SignInLink
from shareable_backlog.database.access.users import User
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import BacklogError, SignInFailed, TooMany
from shareable_backlog.services.access.sessions import Limits, begin, hashed
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import Outbox

LINK_LIVES_S = 600
_WINDOW_S = 900
_ASKS_PER_ADDRESS = 20
_ASKS_PER_MAIL = 5
_TRIES_PER_ADDRESS = 60
_MADE_LINK_LIVES_S = 3600
_CLEANED_EVERY_S = 3600
_SAMPLE_ADMIN = "admin@sample.invalid"  # an address that nobody can have

_LOG = logs.logger(__name__)
_NO_GOOD = "This link or code is not valid any more. Ask for a new one and use it within ten minutes."
_ENDED = "Access for this address has been ended or declined by an admin. Ask an admin if that is a mistake."


@dataclass(frozen=True, slots=True)
class Entrance:
    """Hold what the ways in share.

    `is_open_in_log` when links go to the log, of a server that only this machine reaches.
    """

    secret_key: bytes
    base_url: str
    admin_emails: Collection[str]
    outbox: Outbox
    is_open_in_log: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Hold the token of a new session and the page that was wanted."""

    token: str
    next_path: str


async def ask(entrance: Entrance, email: str, browser: str, next_path: str, actor: Actor) -> None:
    """Send a link and a code to a mail address, whoever has it; the same is done, and said, for each.

    `browser` is the secret of the browser that asks. Raises TooMany for one network address; for a mail address
    that was asked for too often nothing more is sent, and nobody is told.
    """
    if not await rate_limits.within(f"ask:{_neighbourhood(actor)}", _ASKS_PER_ADDRESS, _WINDOW_S):
        raise TooMany("Links were asked for too often from here. Wait a quarter of an hour and try again.")
    may_send = await rate_limits.within(f"ask:{email}", _ASKS_PER_MAIL, _WINDOW_S)
    link_id = None
    async with transaction() as opened:
        if may_send:
            salt = secrets.token_bytes(16)
            link_id = await _keep_link(
                opened, entrance.secret_key, salt, email, hashed(browser), next_path, LINK_LIVES_S
            )
            expires_at = datetime.now(UTC) + timedelta(seconds=LINK_LIVES_S)
            await entrance.outbox.put(opened, "sign_in", email, {"link_id": link_id}, expires_at=expires_at)
        await audit_actions.record(opened, actor, Action.SIGN_IN_ASKED, details={"email": email, "sent": may_send})
    if link_id is not None and entrance.is_open_in_log:
        written = await letter(entrance, {"link_id": link_id})
        if written:
            _LOG.warning(
                "sign_in_link", note="no mail is set up, so it stands here", address=written[0], code=written[1]
            )


async def letter(entrance: Entrance, params: Mapping[str, object]) -> tuple[str, str] | None:
    """Give the address and the code of a link for its mail; None when a newer one took its place."""
    link = await sign_in_links.by_id(int(str(params["link_id"])))
    if link is None or not link.is_open:
        return None
    return _address(entrance.base_url, entrance.secret_key, link.salt), _code(entrance.secret_key, link.salt)


async def made_link(secret_key: bytes, base_url: str, email: str) -> str:
    """Make a link for the operator to hand over: whoever has it signs in as this person, once, within an hour."""
    salt = secrets.token_bytes(16)
    async with transaction() as opened:
        await _keep_link(opened, secret_key, salt, email, None, "/", _MADE_LINK_LIVES_S)
        await audit_actions.record(
            opened, audit_actions.OPERATOR, Action.SIGN_IN_ASKED, details={"email": email, "sent": False}
        )
    return _address(base_url, secret_key, salt)


async def needs_code(token: str, browser: str | None) -> bool:
    """Tell whether a link wants its code too, as another browser asked for it. Changes nothing.

    Raises SignInFailed when the link is good for nothing any more.
    """
    async with transaction() as opened:
        link = await sign_in_links.by_token(opened, hashed(token))
    if link is None or not link.is_open:
        raise SignInFailed(_NO_GOOD)
    return not _is_from(link, browser)


async def by_link(entrance: Entrance, token: str, browser: str | None, code: str, actor: Actor) -> SignedIn:
    """Sign in by a link: in the browser that asked for it by itself, in another one with its code too.

    Raises SignInFailed, TooMany.
    """
    await _limit_tries(actor)
    async with transaction() as opened:
        link = await sign_in_links.by_token(opened, hashed(token))
        entered = await _entered(opened, entrance, link, actor, code=None if _is_from(link, browser) else code)
    return await _or_refused(entered, actor)


async def by_code(entrance: Entrance, browser: str | None, code: str, actor: Actor) -> SignedIn:
    """Sign in by the code of the newest link that this browser asked for. Raises SignInFailed, TooMany."""
    await _limit_tries(actor)
    async with transaction() as opened:
        link = await sign_in_links.by_browser(opened, hashed(browser)) if browser else None
        entered = await _entered(opened, entrance, link, actor, code=code)
    return await _or_refused(entered, actor)


async def by_identity(
    entrance: Entrance,
    *,
    issuer: str,
    subject: str,
    verified_email: str | None,
    name: str | None,
    is_admin: bool | None,
    next_path: str,
    actor: Actor,
) -> SignedIn:
    """Sign in whom an identity provider vouches for, known by issuer and subject and never by the mail alone.

    A verified address leads to a person once, unless the provider knows that person by another subject already.
    `is_admin` is what the provider's groups say, None when they say nothing of it. Raises SignInFailed.
    """
    async with transaction() as opened:
        if is_admin is not None:
            await users.lock_admins(opened)  # before any other row, as every decision of an admin does
        user = await users.by_identity(opened, issuer, subject)
        if user is None and verified_email is None:
            refused = "The identity provider names no verified mail address for you. Ask whoever runs it."
        elif user is None and verified_email is not None:
            person = await _person(opened, verified_email, name, actor)
            if not await users.has_identity(opened, person.id, issuer):
                await users.add_identity(opened, person.id, issuer, subject)
            # It may have been added meanwhile: by the same person, who came twice at once.
            user = await users.by_identity(opened, issuer, subject)
            refused = "This mail address belongs to another account of the identity provider. Ask an admin."
        else:
            refused = ""
        if user is not None and is_admin is not None and user.email.lower() not in entrance.admin_emails:
            await _follow_group(opened, user, actor, is_admin=is_admin)
        entered = await _let_in(opened, entrance, user, "oidc", next_path, actor) if user else refused
    return await _or_refused(entered, actor)


async def by_proxy(entrance: Entrance, email: str, actor: Actor) -> SignedIn:
    """Sign in whom a trusted proxy names. Raises SignInFailed."""
    async with transaction() as opened:
        user = await _person(opened, email, None, actor)
        entered = await _let_in(opened, entrance, user, "proxy", "/", actor)
    return await _or_refused(entered, actor)


async def note_refusal(actor: Actor, reason: str) -> None:
    """Record that an attempt to sign in came to nothing."""
    await audit_actions.record(None, actor, Action.SIGN_IN_REFUSED, details={"reason": reason}, refused=True)


async def _keep_link(
    opened: Transaction,
    secret_key: bytes,
    salt: bytes,
    email: str,
    browser_hash: bytes | None,
    next_path: str,
    lives_s: int,
) -> int:
    return await sign_in_links.replace(
        opened,
        email=email,
        salt=salt,
        token_hash=hashed(_token(secret_key, salt)),
        browser_hash=browser_hash,
        next_path=next_path,
        lives_s=lives_s,
    )


async def _limit_tries(actor: Actor) -> None:
    if not await rate_limits.within(f"try:{_neighbourhood(actor)}", _TRIES_PER_ADDRESS, _WINDOW_S):
        raise TooMany("There were too many tries from here. Wait a quarter of an hour and ask for a new link.")


async def _entered(
    opened: Transaction, entrance: Entrance, link: SignInLink | None, actor: Actor, *, code: str | None
) -> SignedIn | str:
    """Use up the link, if the code is right where one is needed, and let its person in; else say why not."""
    if link is None or not link.is_open:
        return _NO_GOOD
    if code is not None and not hmac.compare_digest(
        _code(entrance.secret_key, link.salt).encode(), _digits(code).encode()
    ):
        await sign_in_links.note_wrong_code(opened, link.id)
        return "That is not the code of the newest mail. After five wrong ones it is worthless."
    if not await sign_in_links.use(opened, link.id):
        return _NO_GOOD
    user = await _person(opened, link.email, None, actor)
    return await _let_in(opened, entrance, user, "link" if code is None else "code", link.next_path, actor)


async def _let_in(
    opened: Transaction, entrance: Entrance, user: User, method: str, next_path: str, actor: Actor
) -> SignedIn | str:
    known = Actor(user.id, user.email, actor.ip_address, actor.user_agent)
    if user.state in ("disabled", "declined"):
        return _ENDED
    if user.email.lower() in entrance.admin_emails and await users.make_admin(opened, user.id):
        await audit_actions.record(
            opened,
            known,
            Action.PERSON_PROMOTED,
            resource="user",
            resource_id=str(user.id),
            details={"by": "ADMIN_EMAILS"},
        )
    token = await begin(opened, user.id, method, actor)
    await audit_actions.record(opened, known, Action.SIGN_IN_SUCCEEDED, details={"method": method})
    return SignedIn(token, next_path)


async def _or_refused(entered: SignedIn | str, actor: Actor) -> SignedIn:
    """Give what came of it; a refusal is recorded in its own transaction, as the tries before are to stay."""
    if isinstance(entered, str):
        await note_refusal(actor, entered)
        raise SignInFailed(entered)
    return entered


async def _person(opened: Transaction, email: str, name: str | None, actor: Actor) -> User:
    """Give the person of a mail address that has just been proven, or a new pending one."""
    is_new = await users.by_email(opened, email) is None and await users.add(opened, email, name and name[:255])
    user = await users.by_email(opened, email)
    assert user is not None  # noqa: S101 (added if there was none)
    if is_new:
        known = Actor(user.id, user.email, actor.ip_address, actor.user_agent)
        await audit_actions.record(opened, known, Action.PERSON_CREATED, resource="user", resource_id=str(user.id))
    return user


async def _follow_group(opened: Transaction, user: User, actor: Actor, *, is_admin: bool) -> None:
    """Make the person an admin, or none, as the provider's group says; the last admin stays one."""
    changed = await (users.make_admin if is_admin else users.demote)(opened, user.id)
    if changed:
        await audit_actions.record(
            opened,
            Actor(user.id, user.email, actor.ip_address, actor.user_agent),
            Action.PERSON_PROMOTED if is_admin else Action.PERSON_DEMOTED,
            resource="user",
            resource_id=str(user.id),
            details={"by": "OIDC_ADMIN_GROUP"},
        )


def _neighbourhood(actor: Actor) -> str:
    """Give what limits count as one: an IPv4 address, or the /64 that one household gets of IPv6."""
    try:
        address = ipaddress.ip_address(actor.ip_address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((address, 64 if address.version == 6 else 32), strict=False))  # noqa: PLR2004 (IPv6)


def _is_from(link: SignInLink | None, browser: str | None) -> bool:
    """Tell whether the browser is the one that asked; the operator's links belong to whoever has them."""
    if link is None or link.browser_hash is None:
        return True
    return browser is not None and hmac.compare_digest(link.browser_hash, hashed(browser))


def _address(base_url: str, secret_key: bytes, salt: bytes) -> str:
    return f"{base_url}/sign-in/link/{_token(secret_key, salt)}"


def _token(secret_key: bytes, salt: bytes) -> str:
    return hmac.digest(secret_key, b"sign-in link " + salt, "sha256").hex()


def _code(secret_key: bytes, salt: bytes) -> str:
    number = int.from_bytes(hmac.digest(secret_key, b"sign-in code " + salt, "sha256")[:8])
    return f"{number % 1_000_000:06}"


def _digits(code: str) -> str:
    return "".join(character for character in code if character.isdigit())


async def sample_link(entrance: Entrance) -> str | None:
    """Give a link for an admin to look at the sample backlog with; None when there are other admins already."""
    async with transaction() as opened:
        admins = set(await users.active_admins(opened))
        if admins - {_SAMPLE_ADMIN}:
            return None
        await users.add(opened, _SAMPLE_ADMIN, "Sample admin")
        user = await users.by_email(opened, _SAMPLE_ADMIN)
        if user and await users.make_admin(opened, user.id):
            await audit_actions.record(
                opened, audit_actions.OPERATOR, Action.PERSON_PROMOTED, resource="user", resource_id=str(user.id)
            )
    return await made_link(entrance.secret_key, entrance.base_url, _SAMPLE_ADMIN)


async def keep_clean(limits: Limits) -> None:
    """Delete what is too old to be of use, for ever, once an hour: links, sessions, counts of tries."""
    while True:
        await asyncio.sleep(_CLEANED_EVERY_S)
        with contextlib.suppress(BacklogError):  # the probe has it in the log
            await sign_in_links.remove_old()
            await sessions.remove_old(limits.idle_hours, limits.max_days)
            await rate_limits.remove_old()
