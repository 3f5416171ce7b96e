"""Let people in by a passkey, to the same gate as every other way."""

from msgspec import Struct

from shareable_backlog import logs
from shareable_backlog.database import transaction
from shareable_backlog.database.access import passkeys, users
from shareable_backlog.database.access.passkeys import PasskeyRow
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import SignInFailed
from shareable_backlog.services.access import sign_in, sign_in_limits
from shareable_backlog.services.access.proofs import ceremonies, challenges
from shareable_backlog.services.access.proofs.ceremonies import AnswerRefused, Assertion, RelyingParty
from shareable_backlog.services.access.sessions import SessionLimits
from shareable_backlog.services.access.sign_in import NewSession, SignInConfig
from shareable_backlog.services.audit import audit_actions, strangers
from shareable_backlog.services.audit.audit_actions import Action, Actor

_LOG = logs.get_logger(__name__)
_STALE = "This sign-in wasn't started in this browser, or was started more than five minutes ago. Start again."
_REFUSED = (
    "This passkey can't be used here. Try again, or sign in another way: an admin can help if it keeps happening."
)
_UNVOUCHED = (
    "You haven't signed in another way for {days}, and a passkey works no longer than that by itself. Sign in"
    " that way once; after that the passkey works again."
)
_CLONED = (
    "the authenticator counts fewer uses of a passkey than it did before, as when there is a copy of it: ask its"
    " person, and remove it under Admin, People if they can't explain it"
)


class PasskeyAnswer(Struct, frozen=True, kw_only=True):
    """What a passkey answered, as JSON, the cookie of the challenge in that browser, and the page that was wanted."""

    answer: str
    cookie: str | None
    next_path: str


async def accept_passkey(
    config: SignInConfig, party: RelyingParty, limits: SessionLimits, given: PasskeyAnswer, actor: Actor
) -> NewSession:
    """Sign in whose passkey answered the challenge of this browser's cookie.

    Its person has to have come in another way within as many days as a session may live: mail, provider or proxy are
    closed for who leaves an organisation, a device in their pocket is not.

    Whatever is wrong with an answer is told alike, and many refusals are summed up in the record; without a challenge
    nothing is recorded. Raises SignInFailed, and TooMany after many refusals.
    """
    challenge = challenges.read_challenge(config.secret_key, challenges.SIGN_IN, given.cookie)
    if challenge is None:  # what anybody can send leaves no trace
        raise SignInFailed(_STALE)
    try:
        assertion = ceremonies.parse_assertion(given.answer)
        async with transaction() as tx:
            passkey = await _verify(tx, party, challenge, assertion)
            if await passkeys.is_vouched_for(tx, passkey.user_id, limits.max_days):
                entered = await _let_in(tx, config, passkey, assertion, given.next_path, actor)
            else:
                entered = _UNVOUCHED.format(days="a day" if limits.max_days == 1 else f"{limits.max_days} days")
    except AnswerRefused as refusal:
        details = {"reason": str(refusal)}
        await strangers.record_stranger(None, actor, Action.PASSKEY_REFUSED, str(refusal), details, refused=True)
        await sign_in_limits.limit_tries(config.limits, actor)
        raise SignInFailed(_REFUSED) from None
    return await sign_in.require_session(entered, actor)


async def _verify(tx: Transaction, party: RelyingParty, challenge: bytes, assertion: Assertion) -> PasskeyRow:
    """Return the passkey that has rightly answered a challenge, which is used up. Raises AnswerRefused."""
    passkey = await passkeys.find_by_credential_id(tx, assertion.credential_id)
    if passkey is None:
        raise AnswerRefused("Unknown credential ID.")
    ceremonies.verify_assertion(party, challenge, assertion, passkey.credential)
    if assertion.user_handle not in (None, passkey.user_handle):
        raise AnswerRefused("Another person's user handle.")
    if not await challenges.use_challenge(tx, challenge):
        raise AnswerRefused("Challenge used before.")
    return passkey


async def _let_in(
    tx: Transaction, config: SignInConfig, passkey: PasskeyRow, assertion: Assertion, next_path: str, actor: Actor
) -> NewSession | str:
    """Start a session of the passkey's person, or say why there is none; a count that goes back is told, no more."""
    user = await users.find_by_id(tx, passkey.user_id)
    assert user is not None  # noqa: S101 (a passkey goes with its person)
    entered = await sign_in.let_in(tx, config, user, "passkey", next_path, actor)
    if isinstance(entered, str):
        return entered
    counts = max(passkey.sign_count, assertion.sign_count) > 0
    went_back = counts and assertion.sign_count <= passkey.sign_count
    if went_back:
        _LOG.warning("passkey_count_went_back", user_id=user.id, passkey_id=passkey.id, note=_CLONED)
    await passkeys.record_use(tx, passkey.id, assertion.sign_count)
    await audit_actions.record(
        tx,
        Actor(user.id, user.email, actor.ip_address, actor.user_agent),
        Action.PASSKEY_USED,
        resource="passkey",
        resource_id=str(passkey.id),
        details={"name": passkey.name, **({"count_went_back": True} if went_back else {})},
    )
    return entered
