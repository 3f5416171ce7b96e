"""Let admins choose which pages a person may use."""

from collections.abc import Collection

from shareable_backlog.database import transaction
from shareable_backlog.database.access import users
from shareable_backlog.errors import NotFound
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.vocabulary import PAGES


async def save_pages(actor: Actor, user_id: int, pages: Collection[str]) -> None:
    """Let a person use these pages alone, with a record of it. Raises NotFound."""
    pages_off = [name for name in PAGES if name not in pages]
    async with transaction() as tx:
        user = await users.find_by_id(tx, user_id)
        if user is None:
            raise NotFound("There is no such person. Somebody may have deleted them.")
        if sorted(user.pages_off) == sorted(pages_off):
            return
        await users.set_pages_off(tx, user_id, pages_off)
        await audit_actions.record(
            tx,
            actor,
            Action.PERSON_CHANGED,
            resource="user",
            resource_id=str(user_id),
            details={
                "email": user.email,
                "before": {"pages_off": user.pages_off},
                "after": {"pages_off": pages_off},
            },
        )
