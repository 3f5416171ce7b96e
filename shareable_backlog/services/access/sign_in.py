"""Let people in: by a mailed link or its code, or by a proxy that knows them.

`identities.py` has providers, `proofs/passkey_sign_in.py` passkeys.

Every way ends at the same gate: whoever is new is pending, and sees nothing until an admin has decided.
"""

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta

from msgspec import Struct, field

from shareable_backlog import clock, logs
from shareable_backlog.database import transaction
from shareable_backlog.database.access import held_forms, passkeys, rate_limits, sessions, sign_in_links, users
from shareable_backlog.database.access.sign_in_links import SignInLink
from shareable_backlog.database.access.users import UserRow
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import BacklogError, SignInFailed
from shareable_backlog.services.access import named_admins, notices, sign_in_limits, user_scopes
from shareable_backlog.services.access.open_links import NO_GOOD, is_from
from shareable_backlog.services.access.sessions import SessionLimits, create_session, hash_token
from shareable_backlog.services.access.sign_in_limits import SignInLimits
from shareable_backlog.services.audit import audit_actions, strangers
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import Outbox

LINK_LIVES_S = 600
_MADE_LINK_LIVES_S = 3600
_CLEANED_EVERY_S = 3600
SAMPLE_DOMAIN = "@sample.invalid"  # of addresses that nobody can have
SAMPLE_ADMIN = f"admin{SAMPLE_DOMAIN}"

_LOG = logs.get_logger(__name__)
_NEWCOMERS_WAIT = (
    "many new addresses have asked for a sign-in mail in a quarter of an hour, so others get none for now: if they"
    " are people you expect, raise SIGN_IN_NEWCOMERS"
)
_NO_CODE = (
    "This code is no longer valid, or was asked for in another browser. Open the link in the email here and type the"
    " code there, or ask for a new one."
)
_WRONG_CODE = "That isn't the code from the latest email. After five wrong tries it stops working."
_CODES_CLOSED = (
    "Too many wrong codes were typed for this address, so codes don't work for a day. Open the link in the latest"
    " email in the browser in which you asked for it: links still work."
)
_PROXY_GROUPS = "AUTH_PROXY_VIEWER_GROUPS"
_ENDED = "An admin has ended or declined access for this address. Ask an admin if you think that's a mistake."
_MADE_UP = "This address is that of a made-up person of the sample. Sign in by your own address."


class SignInConfig(Struct, frozen=True):
    """What the ways in share.

    `is_open_in_log` when links go to the log, of a server that only this machine reaches; `limits` are for people
    who are not signed in yet.
    """

    secret_key: bytes
    base_url: str
    admin_emails: Collection[str]
    outbox: Outbox
    is_open_in_log: bool
    limits: SignInLimits = field(default_factory=SignInLimits)


class NewSession(Struct, frozen=True, kw_only=True):
    """The token of a new session and the page that was wanted; `is_first` of all that its person ever had."""

    token: str
    next_path: str
    user_id: int
    email: str
    is_first: bool


async def send_link(config: SignInConfig, email: str, browser: str, next_path: str, actor: Actor) -> None:
    """Send a link and a code to a mail address, whoever has it; the same is done, and said, for each.

    `browser` is the secret of the browser that asks. Raises TooMany for one network address; for a mail address
    that was asked for too often, or for too many new ones, nothing more is sent, and nobody is told.
    """
    await sign_in_limits.limit_mails(config.limits, actor)
    async with transaction() as tx:
        is_known = await users.find_by_email(tx, email) is not None
        has_room = is_known or await sign_in_links.has_room_for_newcomer(tx, email, config.limits.newcomers)
        link_id = await _store_link(tx, config, email, hash_token(browser), next_path) if has_room else None
        if link_id is not None:
            expires_at = clock.read_time() + timedelta(seconds=LINK_LIVES_S)
            await config.outbox.add_mail(tx, "sign_in", email, {"link_id": link_id}, expires_at=expires_at)
        details = {"email": email, "sent": link_id is not None}
        if is_known and link_id is not None:  # of which there are few a day
            await audit_actions.record(tx, actor, Action.SIGN_IN_ASKED, details=details)
        else:
            kind = "sent" if link_id is not None else "too many mails" if has_room else "too many newcomers"
            is_first = await strangers.record_stranger(tx, actor, Action.SIGN_IN_ASKED, kind, details)
            if is_first and not has_room:
                _LOG.warning("sign_in_newcomers_wait", note=_NEWCOMERS_WAIT)
    if link_id is not None and config.is_open_in_log:
        written = await find_url_and_code(config, {"link_id": link_id})
        if written:
            _LOG.warning(
                "sign_in_link",
                note="no mail server is set up, so the link is shown here",
                address=written[0],
                code=written[1],
            )


async def find_url_and_code(config: SignInConfig, params: Mapping[str, object]) -> tuple[str, str] | None:
    """Return the address and the code of a link for its mail; None when a newer one took its place.

    The code is empty while none is taken for this mail address.
    """
    link = await sign_in_links.find_by_id(int(str(params["link_id"])))
    if link is None or not link.is_open:
        return None
    code = _compute_code(config.secret_key, link.salt) if link.has_code else ""
    return _build_link_url(config.base_url, config.secret_key, link.salt), code


async def create_link(secret_key: bytes, base_url: str, email: str) -> str:
    """Make a link for the operator to hand over: whoever has it signs in as this person, once, within an hour."""
    salt = secrets.token_bytes(16)
    token_hash = hash_token(_compute_token(secret_key, salt))
    async with transaction() as tx:
        await sign_in_links.replace_operators_link(
            tx, email=email, salt=salt, token_hash=token_hash, lives_s=_MADE_LINK_LIVES_S
        )
        await audit_actions.record(
            tx, audit_actions.OPERATOR, Action.SIGN_IN_ASKED, details={"email": email, "sent": False}
        )
    return _build_link_url(base_url, secret_key, salt)


async def redeem_link(config: SignInConfig, token: str, browser: str | None, code: str, actor: Actor) -> NewSession:
    """Sign in by a link: in the browser that asked for it by itself, in another one with its code too.

    A link that needs no code is no guess, so that nobody's guesses from the same network are in its way: the
    operator's links always work. Raises SignInFailed, TooMany.
    """
    async with transaction() as tx:
        link = await sign_in_links.find_by_token(tx, hash_token(token))
    if link is None or not link.is_open or not is_from(link, browser):
        await sign_in_limits.limit_tries(config.limits, actor)
    async with transaction() as tx:
        link = await sign_in_links.find_by_token(tx, hash_token(token))
        entered = await _use_link(tx, config, link, actor, code=None if is_from(link, browser) else code)
    return await require_session(entered, actor)


async def redeem_code(config: SignInConfig, browser: str | None, code: str, actor: Actor) -> NewSession:
    """Sign in by the code of the newest link that this browser asked for. Raises SignInFailed, TooMany."""
    await sign_in_limits.limit_tries(config.limits, actor)
    async with transaction() as tx:
        link = await sign_in_links.find_by_browser(tx, hash_token(browser)) if browser else None
        is_open = link is not None and link.is_open
        entered = await _use_link(tx, config, link, actor, code=code) if is_open else _NO_CODE
    return await require_session(entered, actor)


class ProxyUser(Struct, frozen=True):
    """Whom a trusted proxy names.

    `viewer_groups` says by name of some groups of viewers whether the person is in them.
    """

    email: str
    viewer_groups: Mapping[str, bool] = field(default_factory=dict[str, bool])


def compute_proxy_token(secret_key: bytes, named: ProxyUser, user_agent: str | None) -> str:
    """Return the token of the session in which a proxy's person is with one kind of browser.

    It is the same each time, so that requests without a cookie find the session that is there, and another one after
    each change of the groups, so that they are followed at once. Whoever learns it gets nowhere without the proxy's
    header.
    """
    groups = "".join(f"\0{name}" for name, is_member in sorted(named.viewer_groups.items()) if is_member)
    browser = f"{named.email.lower()}\0{user_agent or ''}{groups}".encode("utf-8", "surrogatepass")
    return hmac.digest(secret_key, b"proxy session " + browser, "sha256").hex()


async def accept_proxy_user(config: SignInConfig, named: ProxyUser, actor: Actor) -> NewSession:
    """Sign in whom a trusted proxy names. Raises SignInFailed."""
    token = compute_proxy_token(config.secret_key, named, actor.user_agent)
    found = await user_scopes.find_memberships(named.viewer_groups, _PROXY_GROUPS)
    async with transaction() as tx:
        memberships = await user_scopes.lock_memberships(tx, found)
        user = await find_or_add_person(tx, named.email, None, actor)
        known = Actor(user.id, user.email, actor.ip_address, actor.user_agent)
        if await user_scopes.follow_groups(tx, user, known, memberships, by=_PROXY_GROUPS):
            await sessions.end_oldest_sessions(tx, user.id, "proxy", 0)  # those with the groups of before
        entered = await let_in(tx, config, user, "proxy", "/", actor, token=token)
    return await require_session(entered, actor)


async def record_refusal(actor: Actor, reason: str) -> None:
    """Record that an attempt to sign in came to nothing; many for the same reason are summed up."""
    kind = NO_GOOD if reason == _NO_CODE else reason
    await strangers.record_stranger(None, actor, Action.SIGN_IN_REFUSED, kind, {"reason": reason}, refused=True)


async def _store_link(
    tx: Transaction, config: SignInConfig, email: str, browser_hash: bytes, next_path: str
) -> int | None:
    """Store a new link and return its id; None when too many mails went to this address."""
    limits = config.limits
    salt = secrets.token_bytes(16)
    return await sign_in_links.replace_link(
        tx,
        email=email,
        salt=salt,
        token_hash=hash_token(_compute_token(config.secret_key, salt)),
        browser_hash=browser_hash,
        next_path=next_path,
        lives_s=LINK_LIVES_S,
        limits=sign_in_links.AskLimits(limits.mails_per_person, limits.mails_per_person_day),
    )


async def _use_link(
    tx: Transaction, config: SignInConfig, link: SignInLink | None, actor: Actor, *, code: str | None
) -> NewSession | str:
    """Use up the link, if the code is right where one is needed, and let its person in; else say why not."""
    if link is None or not link.is_open:
        return NO_GOOD
    if code is not None and not link.has_code:
        return _CODES_CLOSED
    if code is not None and not hmac.compare_digest(
        _compute_code(config.secret_key, link.salt).encode(), _keep_digits(code).encode()
    ):
        if await sign_in_links.record_wrong_code(tx, link.id, config.limits.wrong_codes_per_day):
            await notices.announce_closed_codes(tx, config.outbox, link.email, actor)
        return _WRONG_CODE
    if not await sign_in_links.use_link(tx, link.id):
        return NO_GOOD
    user = await find_or_add_person(tx, link.email, None, actor)
    return await let_in(tx, config, user, "link" if code is None else "code", link.next_path, actor)


async def let_in(
    tx: Transaction,
    config: SignInConfig,
    user: UserRow,
    method: str,
    next_path: str,
    actor: Actor,
    *,
    token: str | None = None,
) -> NewSession | str:
    """Start a session of a person who has been proven, or say why there is none for them.

    `token` is the session's, None: a new one.
    """
    known = Actor(user.id, user.email, actor.ip_address, actor.user_agent)
    if user.state in ("disabled", "declined"):
        return _ENDED
    if user.email.endswith(SAMPLE_DOMAIN) and user.email != SAMPLE_ADMIN:
        return _MADE_UP
    await named_admins.follow_admin_emails(tx, config.outbox, config.admin_emails, user, known)
    token = await create_session(tx, user.id, method, actor, token)
    await audit_actions.record(tx, known, Action.SIGN_IN_SUCCEEDED, details={"method": method})
    is_first = user.last_access_at is None
    return NewSession(token=token, next_path=next_path, user_id=user.id, email=user.email, is_first=is_first)


async def require_session(outcome: NewSession | str, actor: Actor) -> NewSession:
    """Return what came of it; a refusal is recorded in its own transaction, as the tries before are to stay."""
    if isinstance(outcome, str):
        await record_refusal(actor, outcome)
        raise SignInFailed(outcome)
    return outcome


async def find_or_add_person(tx: Transaction, email: str, name: str | None, actor: Actor) -> UserRow:
    """Return the person of a mail address that has just been proven, or a new pending one."""
    is_new = await users.find_by_email(tx, email) is None and await users.add_user(tx, email, name and name[:255])
    user = await users.find_by_email(tx, email)
    assert user is not None  # noqa: S101 (added if there was none)
    if is_new:
        known = Actor(user.id, user.email, actor.ip_address, actor.user_agent)
        await audit_actions.record(tx, known, Action.PERSON_CREATED, resource="user", resource_id=str(user.id))
    return user


def _build_link_url(base_url: str, secret_key: bytes, salt: bytes) -> str:
    return f"{base_url}/sign-in/link/{_compute_token(secret_key, salt)}"


def _compute_token(secret_key: bytes, salt: bytes) -> str:
    return hmac.digest(secret_key, b"sign-in link " + salt, "sha256").hex()


def _compute_code(secret_key: bytes, salt: bytes) -> str:
    number = int.from_bytes(hmac.digest(secret_key, b"sign-in code " + salt, "sha256")[:8])
    return f"{number % 1_000_000:06}"


def _keep_digits(code: str) -> str:
    return "".join(character for character in code if character.isdigit())


async def create_sample_link(config: SignInConfig) -> str | None:
    """Return a link for an admin to look at the sample backlog with; None when there are other admins already."""
    async with transaction() as tx:
        admins = set(await users.list_admin_emails(tx))
        if admins - {SAMPLE_ADMIN}:
            return None
        await users.add_user(tx, SAMPLE_ADMIN, "Sample admin")
        user = await users.find_by_email(tx, SAMPLE_ADMIN)
        if user and await users.make_admin(tx, user.id):
            await audit_actions.record(
                tx, audit_actions.OPERATOR, Action.PERSON_PROMOTED, resource="user", resource_id=str(user.id)
            )
    return await create_link(config.secret_key, config.base_url, SAMPLE_ADMIN)


async def keep_deleting_old(limits: SessionLimits) -> None:
    """Delete what is too old to be of use, for ever, once an hour: links, sessions, forms, counts of tries."""
    while True:
        await asyncio.sleep(_CLEANED_EVERY_S)
        with contextlib.suppress(BacklogError):  # the probe has it in the log
            await sign_in_links.delete_old_links()
            await sessions.delete_expired(limits.idle_hours, limits.max_days)
            await held_forms.delete_old_forms()
            await passkeys.delete_old_challenges()
            await rate_limits.delete_old_windows()
