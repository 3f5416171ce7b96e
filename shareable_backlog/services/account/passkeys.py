"""Let people add passkeys and remove them; each is told by mail."""

import hmac
from collections.abc import Mapping
from typing import Any

from shareable_backlog.database import transaction
from shareable_backlog.database.access import passkeys, users
from shareable_backlog.database.access.passkeys import ListedPasskey
from shareable_backlog.database.access.users import UserRow
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.access.proofs import ceremonies, challenges
from shareable_backlog.services.access.proofs.ceremonies import AnswerRefused, RelyingParty
from shareable_backlog.services.access.proofs.challenges import Challenge
from shareable_backlog.services.access.sessions import CurrentUser
from shareable_backlog.services.access.sign_in import SignInConfig
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import Outbox

__all__ = ["ListedPasskey"]

_MOST_PASSKEYS = 10
_LONGEST_NAME = 100
_STALE = "The passkey was not added: it was begun in another browser, or more than five minutes ago. Begin again."
_REFUSED = "The passkey was not added: what your device answered could not be verified. Begin again."


async def list_passkeys(user_id: int) -> list[ListedPasskey]:
    """Return a person's passkeys, newest first."""
    return await passkeys.list_passkeys(user_id)


async def begin_passkey(
    config: SignInConfig, party: RelyingParty, user: CurrentUser, name: str
) -> tuple[Challenge, Mapping[str, Any]]:
    """Return the challenge for a new passkey, and what the person's browser is to be asked.

    Raises InvalidInput for a name that is missing or too long, and Conflict beside ten other passkeys.
    """
    _require_valid_name(name)
    known_ids = await passkeys.list_credential_ids(user.user_id)
    _require_room(len(known_ids))
    challenge = challenges.make_challenge(config.secret_key, challenges.name_addition(user.user_id))
    handle = _compute_user_handle(config.secret_key, user.user_id)
    options = ceremonies.build_creation_options(
        party, challenge.value, user_handle=handle, email=user.email, known_ids=known_ids
    )
    return challenge, options


async def add_passkey(
    config: SignInConfig,
    party: RelyingParty,
    user_id: int,
    *,
    name: str,
    cookie: str | None,
    answer: str,
    actor: Actor,
) -> None:
    """Store the passkey that the person's device made for the challenge of this browser's `cookie`.

    Raises InvalidInput when it can't be believed, and Conflict when it is there already, or beside ten others.
    """
    _require_valid_name(name)
    challenge = challenges.read_challenge(config.secret_key, challenges.name_addition(user_id), cookie)
    if challenge is None:
        raise InvalidInput(_STALE)
    try:
        new = ceremonies.verify_registration(party, challenge, answer)
    except AnswerRefused:
        raise InvalidInput(_REFUSED) from None
    async with transaction() as tx:
        user = await _require_user(tx, user_id)
        _require_room(await passkeys.count_passkeys(tx, user_id))
        if not await challenges.use_challenge(tx, challenge):
            raise InvalidInput(_STALE)
        passkey_id = await passkeys.add_passkey(
            tx,
            user_id=user_id,
            credential_id=new.credential_id,
            credential=new.credential,
            user_handle=_compute_user_handle(config.secret_key, user_id),
            sign_count=new.sign_count,
            name=name,
        )
        if passkey_id is None:
            raise Conflict("This passkey has been added before. Nothing was changed.")
        await audit_actions.record(
            tx, actor, Action.PASSKEY_ADDED, resource="user", resource_id=str(user_id), details={"name": name}
        )
        await config.outbox.add_mail(tx, "passkey_added", user.email, {"name": name})


async def remove_passkeys(outbox: Outbox, actor: Actor, user_id: int, passkey_id: int | None = None) -> None:
    """Remove one of a person's passkeys, None: all of them, for the person or an admin. Raises NotFound."""
    async with transaction() as tx:
        user = await _require_user(tx, user_id)
        names = await passkeys.remove_passkeys(tx, user_id, passkey_id)
        if not names:
            raise NotFound("That passkey has already been removed.")
        await audit_actions.record(
            tx, actor, Action.PASSKEY_REMOVED, resource="user", resource_id=str(user_id), details={"names": names}
        )
        await outbox.add_mail(tx, "passkey_removed", user.email, {"name": ", ".join(names)})


def _compute_user_handle(secret_key: bytes, user_id: int) -> bytes:
    """Return by what authenticators know a person: it says nothing of them."""
    return hmac.digest(secret_key, f"passkey person {user_id}".encode(), "sha256")


async def _require_user(tx: Transaction, user_id: int) -> UserRow:
    user = await users.find_by_id(tx, user_id)
    if user is None:
        raise NotFound("This account no longer exists.")
    return user


def _require_room(count: int) -> None:
    if count >= _MOST_PASSKEYS:
        raise Conflict(f"There are {_MOST_PASSKEYS} passkeys, which is the most you can have. Remove one first.")


def _require_valid_name(name: str) -> None:
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidInput(f"A passkey needs a name of at most {_LONGEST_NAME} characters. Nothing was changed.")
