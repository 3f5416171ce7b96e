"""What is held is bound to a person and a browser."""

import pytest

from shareable_backlog.database import transaction
from shareable_backlog.database.access import held_forms
from shareable_backlog.database.access.held_forms import HeldForm
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

FORM = HeldForm(act="delete a person", path="/admin/people/3/delete", back_path="/admin/people/3", fields="email=x")


async def test_beyond_the_kept_ones_the_oldest_goes(database: str) -> None:
    user_id = let_in(database)["alice"]
    async with transaction() as tx:
        ids = [await held_forms.add_form(tx, user_id, b"browser", FORM, kept=2) for _ in range(3)]
    found = [await held_forms.find_form(id_, user_id, b"browser") for id_ in ids]
    assert found == [None, FORM, FORM]
    assert await held_forms.find_form(ids[2], user_id, b"another") is None
    assert await held_forms.find_form(ids[2], user_id + 1, b"browser") is None
