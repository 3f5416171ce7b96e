"""Keep the mails that are to be sent, and send them in the background.

A mail is stored in the transaction of what it tells, so that it goes out if and only if that has happened. Its text
is made when it is sent: no secret waits in the database, and what is no longer true is not sent.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog import clock, logs, mail
from shareable_backlog.config import Settings
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mail import outgoing_mails
from shareable_backlog.database.mail.outgoing_mails import OutboxState, OutgoingMail
from shareable_backlog.errors import BacklogError, MailFailed
from shareable_backlog.services import places, readiness

MailKind: TypeAlias = Literal[
    "sign_in",
    "codes_closed",
    "codes_closed_admin",
    "browser_new",
    "admin_made",
    "token_made",
    "passkey_added",
    "passkey_removed",
    "sharing_widened",
    "invited",
    "access_asked",
    "access_approved",
    "access_declined",
    "access_disabled",
    "access_restored",
]
Renderer: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[mail.MailMessage | None]]
"""Makes the mail to a recipient of the params that were put; None when it is no longer wanted."""

_LOG = logs.get_logger(__name__)

_LIVES = timedelta(days=3)
_AT_ONCE = 4
_CLAIMED_S = 60.0  # longer than one try can take
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5.0, 3600.0
_LOOK_AGAIN_S = 1.0
_CLEAN_EVERY_S = 3600.0


class Outbox(Struct, frozen=True):
    """Take mails in; without a mail server they are nobody's."""

    is_set_up: bool

    async def add_mail(
        self,
        tx: Transaction,
        kind: MailKind,
        recipient: str,
        params: Mapping[str, object],
        expires_at: datetime | None = None,
    ) -> None:
        """Keep a mail in somebody's transaction, to be sent within seconds of its commit.

        `params` must hold no secret. It is tried until `expires_at`, None for three days. Without a mail server
        nothing is kept, nor for an address below `.invalid`, which nobody can have (RFC 2606).
        """
        if self.is_set_up and not recipient.endswith(".invalid"):
            lives_until = expires_at or clock.read_time() + _LIVES
            await outgoing_mails.add_mail(tx, kind, recipient, params, lives_until)


NO_MAILS = Outbox(is_set_up=False)
"""Whoever acts with it tells nobody."""


async def read_state() -> OutboxState:
    """Return how many mails wait, how many were given up lately, and the newest fault in plain words."""
    return await outgoing_mails.read_state()


async def keep_sending(settings: Settings, renderers: Mapping[MailKind, Renderer]) -> None:
    """Send what waits, for ever, whichever process put it in; return at once when no mail server is set up."""
    clean_at = monotonic()
    while settings.smtp_url is not None:
        sent = 0
        try:
            if readiness.is_ready():
                if monotonic() >= clean_at:
                    clean_at = monotonic() + _CLEAN_EVERY_S
                    await outgoing_mails.delete_old_mails()
                sent = await send_waiting(settings, renderers)
        except BacklogError as error:
            _LOG.debug("mails_wait", code=error.code)  # the probe, or the statement, has the reason in the log
        if not sent:
            await asyncio.sleep(_LOOK_AGAIN_S)


async def send_waiting(settings: Settings, renderers: Mapping[MailKind, Renderer]) -> int:
    """Try some of the mails whose time has come, at once, and count them. Raises DatabaseUnavailable.

    A mail that fails is tried again after growing waits; it is given up when it is refused for good or too old.
    """
    taken = await outgoing_mails.take_mails(list(renderers), _AT_ONCE, _CLAIMED_S)
    ends = await asyncio.gather(*(_try_to_send(settings, renderers, one) for one in taken), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return len(taken)


async def _try_to_send(settings: Settings, renderers: Mapping[Any, Renderer], outgoing: OutgoingMail) -> None:
    if outgoing.expires_at <= clock.read_time():
        await _give_up(outgoing, outgoing.last_error or "It expired before anything sent it.")
        return
    try:
        message = await renderers[outgoing.kind](outgoing.recipient, outgoing.params)
        if message is not None:
            place = await places.read_place()
            await mail.send_message(settings, replace(message, author=place.name))
    except MailFailed as error:
        await _postpone(outgoing, error)
        return
    except BacklogError:
        raise  # the database's: the mail is tried again when its claim ends
    except Exception:  # noqa: BLE001 (one mail that can't be made must not hold up the others)
        _LOG.error("mail_failed_unforeseen", kind=outgoing.kind, id=outgoing.id, exc_info=True)
        await _give_up(outgoing, "An internal error; the log has the details.")
        return
    await outgoing_mails.delete_mail(outgoing)
    _LOG.info("mail_sent" if message else "mail_no_longer_wanted", kind=outgoing.kind, tries=outgoing.tries)


async def _postpone(outgoing: OutgoingMail, error: MailFailed) -> None:
    """Have a mail tried again after a wait that doubles, less up to half of it by chance, if it lives that long."""
    growing_s = min(_FIRST_WAIT_S * 2 ** min(outgoing.tries - 1, 20), _LONGEST_WAIT_S)
    wait_s = growing_s * (1 - random.random() / 2)  # noqa: S311 (no secret)
    if error.is_final or clock.read_time() + timedelta(seconds=wait_s) >= outgoing.expires_at:
        await _give_up(outgoing, str(error))
        return
    _LOG.warning("mail_put_off", kind=outgoing.kind, tries=outgoing.tries, wait_s=round(wait_s), reason=str(error))
    await outgoing_mails.postpone_mail(outgoing, wait_s, str(error))


async def _give_up(outgoing: OutgoingMail, reason: str) -> None:
    _LOG.warning("mail_given_up", kind=outgoing.kind, tries=outgoing.tries, reason=reason)
    await outgoing_mails.mark_given_up(outgoing, reason)
