"""Hold what somebody is about to do until they have signed in again, in the browser that sent it."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from shareable_backlog.database import transaction
from shareable_backlog.database.access import held_forms
from shareable_backlog.database.access.held_forms import HeldForm
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access.sessions import hash_token

__all__ = ["HeldForm"]

_KEPT = 10
_GONE = (
    "There is nothing to go on with here: somebody else began it, or it was more than an hour ago. Nothing was"
    " changed. Open the page again and fill it in once more."
)


async def hold_form(user_id: int, browser: str, form: HeldForm) -> int:
    """Store a form of a person who used this browser, and return its id; their ten newest stay, for an hour."""
    async with transaction() as tx:
        return await held_forms.add_form(tx, user_id, hash_token(browser), form, kept=_KEPT)


async def read_form(form_id: int, user_id: int, browser: str | None) -> HeldForm:
    """Return a form that this person sent from this browser. Raises NotFound."""
    found = await held_forms.find_form(form_id, user_id, hash_token(browser)) if browser else None
    if found is None:
        raise NotFound(_GONE)
    return found


def encode_fields(pairs: Sequence[tuple[str, str]]) -> str:
    """Return the fields of a form as one text, without what proves which page it came from."""
    return urlencode([pair for pair in pairs if pair[0] != "csrf"])


def decode_fields(form: HeldForm) -> list[tuple[str, str]]:
    """Return the fields of a form in their order."""
    return parse_qsl(form.fields, keep_blank_values=True)
