"""Keep `place_logos`: the picture by which people know the place, or none."""

from typing import Literal, TypeAlias

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

LogoType: TypeAlias = Literal["image/png", "image/svg+xml"]


class Logo(Struct, frozen=True):
    """A picture that browsers can be given."""

    media_type: LogoType
    content: bytes


async def find_logo() -> Logo | None:
    """Return the logo; None when there is none."""
    found = await query("SELECT media_type, content FROM place_logos", row=Logo)
    return found[0] if found else None


async def save_logo(tx: Transaction, logo: Logo | None) -> None:
    """Store the logo in place of the one before; None takes it away."""
    if logo is None:
        await tx.query("DELETE FROM place_logos")
        return
    await tx.query(
        """
        INSERT INTO place_logos (media_type, content) VALUES (%(media_type)s, %(content)s)
        ON CONFLICT (id) DO UPDATE
        SET media_type = excluded.media_type, content = excluded.content, updated_at = now()
        """,
        {"media_type": logo.media_type, "content": logo.content},
    )
