"""Keep the forms of people who have to sign in again before what they sent is done."""

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class HeldForm(Struct, frozen=True, kw_only=True):
    """A form that was sent: what it does, in words, to which path, from which page, with which encoded `fields`."""

    act: str
    path: str
    back_path: str
    fields: str


async def add_form(transaction: Transaction, user_id: int, browser_hash: bytes, form: HeldForm, *, kept: int) -> int:
    """Store a form and return its id; of the person's forms the `kept` newest stay."""
    [(form_id,)] = await transaction.query(
        """
        INSERT INTO held_forms (user_id, browser_hash, act, path, back_path, fields)
        VALUES (%(user_id)s, %(browser_hash)s, %(act)s, %(path)s, %(back_path)s, %(fields)s) RETURNING id
        """,
        {
            "user_id": user_id,
            "browser_hash": browser_hash,
            "act": form.act,
            "path": form.path,
            "back_path": form.back_path,
            "fields": form.fields,
        },
    )
    await transaction.query(
        """
        DELETE FROM held_forms WHERE id IN (
          SELECT id FROM held_forms WHERE user_id = %(user_id)s ORDER BY id DESC OFFSET %(kept)s
        )
        """,
        {"user_id": user_id, "kept": kept},
    )
    return form_id


async def find_form(form_id: int, user_id: int, browser_hash: bytes) -> HeldForm | None:
    """Return a form that this person sent from this browser within the last hour; None when there is none."""
    found = await query(
        """
        SELECT act, path, back_path, fields FROM held_forms
        WHERE id = %(form_id)s AND user_id = %(user_id)s AND browser_hash = %(browser_hash)s
          AND created_at > now() - interval '1 hour'
        """,
        {"form_id": form_id, "user_id": user_id, "browser_hash": browser_hash},
        row=HeldForm,
    )
    return found[0] if found else None


async def delete_old_forms() -> None:
    """Delete what was sent more than an hour ago."""
    await query("DELETE FROM held_forms WHERE created_at < now() - interval '1 hour'")
