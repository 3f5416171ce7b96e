"""Give people's saved views of the backlog."""

import msgspec

from shareable_backlog.database import user_preferences


class View(msgspec.Struct, frozen=True):
    """Hold a saved view: `query` is what stands in the list's address after the question mark."""

    name: str
    query: str


async def of_user(user_id: int) -> list[View]:
    """Give a person's saved views in their order, without those that can't be read."""
    return [view for one in await user_preferences.stored_views(user_id) if (view := _view(one))]


def _view(stored: object) -> View | None:
    try:
        return msgspec.convert(stored, View)
    except msgspec.ValidationError:
        return None
