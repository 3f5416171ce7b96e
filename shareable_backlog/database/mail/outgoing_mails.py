"""Keep `outgoing_mails`: what is to be sent by mail, until it is."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class OutgoingMail(Struct, frozen=True):
    """A mail that is being tried for the `tries`th time; `last_error` is None before the first failure."""

    id: int
    kind: str
    recipient: str
    params: Mapping[str, Any]
    expires_at: datetime
    tries: int
    last_error: str | None


class OutboxState(Struct, frozen=True):
    """How many mails wait and how many were given up in the last week.

    `last_error` is the newest fault of any of them, in plain words, with its time; both None when there is none.
    """

    waiting: int
    given_up: int
    last_error: str | None
    last_error_at: datetime | None


async def add_mail(
    transaction: Transaction, kind: str, recipient: str, params: Mapping[str, object], expires_at: datetime
) -> None:
    """Store a mail that is to be sent at once; after `expires_at` it is no use."""
    # jsonb refuses NUL and halves of surrogate pairs, which a person's words may hold.
    cleaned = {name: one.replace("\0", "") if isinstance(one, str) else one for name, one in params.items()}
    await transaction.query(
        """
        INSERT INTO outgoing_mails (kind, recipient, params, expires_at)
        VALUES (%(kind)s, %(recipient)s, %(params)s::jsonb, %(expires_at)s)
        """,
        {
            "kind": kind,
            "recipient": recipient,
            "params": json.dumps(cleaned, ensure_ascii=False).encode("utf-8", "replace").decode(),
            "expires_at": expires_at,
        },
    )


async def take_mails(kinds: Collection[str], limit: int, claimed_s: float) -> list[OutgoingMail]:
    """Take mails of these kinds whose time to be tried has come, and keep other processes off for `claimed_s`.

    What expires first is taken first: a sign-in before a notice. Whoever dies with one leaves it to be tried again.
    """
    return await query(
        """
        UPDATE outgoing_mails AS m SET tries = m.tries + 1, next_try_at = now() + make_interval(secs => %(claimed_s)s)
        WHERE m.id IN (
          SELECT id FROM outgoing_mails
          WHERE given_up_at IS NULL AND next_try_at <= now() AND kind = ANY(%(kinds)s)
          ORDER BY expires_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        )
        RETURNING m.id, m.kind, m.recipient, m.params, m.expires_at, m.tries, m.last_error
        """,
        {"kinds": list(kinds), "limit": limit, "claimed_s": claimed_s},
        row=OutgoingMail,
    )


async def delete_mail(mail: OutgoingMail) -> None:
    """Delete a mail that was sent or is no longer wanted."""
    await query("DELETE FROM outgoing_mails WHERE id = %(id)s", {"id": mail.id})


async def postpone_mail(mail: OutgoingMail, wait_s: float, error: str) -> None:
    """Have a mail tried again in `wait_s`, unless another process took it meanwhile."""
    await query(
        """
        UPDATE outgoing_mails SET next_try_at = now() + make_interval(secs => %(wait_s)s),
          last_error = %(error)s, last_error_at = now()
        WHERE id = %(id)s AND tries = %(tries)s
        """,
        {"id": mail.id, "tries": mail.tries, "wait_s": wait_s, "error": error},
    )


async def mark_given_up(mail: OutgoingMail, error: str) -> None:
    """Note that a mail was not sent and won't be; what it was to say is forgotten."""
    await query(
        """
        UPDATE outgoing_mails SET given_up_at = now(), params = '{}', last_error = %(error)s, last_error_at = now()
        WHERE id = %(id)s AND tries = %(tries)s
        """,
        {"id": mail.id, "tries": mail.tries, "error": error},
    )


async def delete_old_mails() -> None:
    """Delete what was given up, or has been no use, for a week."""
    await query(
        """
        DELETE FROM outgoing_mails
        WHERE given_up_at < now() - interval '7 days' OR expires_at < now() - interval '7 days'
        """
    )


async def read_state() -> OutboxState:
    """Count the mails that wait and those given up in the last week, and return the newest fault."""
    [found] = await query(
        """
        SELECT count(*) FILTER (WHERE given_up_at IS NULL) AS waiting,
          count(*) FILTER (WHERE given_up_at >= now() - interval '7 days') AS given_up,
          (array_agg(last_error ORDER BY last_error_at DESC) FILTER (WHERE last_error IS NOT NULL))[1] AS last_error,
          max(last_error_at) AS last_error_at
        FROM outgoing_mails
        """,
        row=OutboxState,
    )
    return found
