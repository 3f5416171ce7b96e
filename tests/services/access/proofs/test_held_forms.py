"""Forms wait for a new sign-in in the browser that sent them, a few of each person."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access import held_forms as stored_forms
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access.proofs import held_forms
from shareable_backlog.services.access.proofs.held_forms import HeldForm
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

FORM = HeldForm(act="add a person", path="/admin/people", back_path="/", fields="email=frank%40example.com")


async def test_a_form_is_found_by_its_person_in_its_browser(database: str) -> None:
    ids = let_in(database)
    form_id = await held_forms.hold_form(ids["alice"], "hers", FORM)
    assert await held_forms.read_form(form_id, ids["alice"], "hers") == FORM
    for user_id, browser in ((ids["bob"], "hers"), (ids["alice"], "another"), (ids["alice"], None)):
        with pytest.raises(NotFound, match="Nothing was changed"):
            await held_forms.read_form(form_id, user_id, browser)


async def test_the_ten_newest_of_a_person_stay_and_others_are_not_touched(database: str) -> None:
    ids = let_in(database)
    of_bob = await held_forms.hold_form(ids["bob"], "his", FORM)
    first, second, *rest = [await held_forms.hold_form(ids["alice"], "hers", FORM) for _ in range(11)]
    with pytest.raises(NotFound):
        await held_forms.read_form(first, ids["alice"], "hers")
    for form_id in (second, *rest):
        assert await held_forms.read_form(form_id, ids["alice"], "hers") == FORM
    assert await held_forms.read_form(of_bob, ids["bob"], "his") == FORM


async def test_after_an_hour_they_are_deleted_and_with_their_person_too(database: str) -> None:
    ids = let_in(database)
    await held_forms.hold_form(ids["alice"], "hers", FORM)
    await held_forms.hold_form(ids["bob"], "his", FORM)
    await stored_forms.delete_old_forms()
    assert await query("SELECT count(*) FROM held_forms") == [(2,)]
    await query(
        "UPDATE held_forms SET created_at = now() - interval '61 minutes' WHERE user_id = %(id)s", {"id": ids["bob"]}
    )
    await stored_forms.delete_old_forms()
    assert await query("SELECT user_id FROM held_forms") == [(ids["alice"],)]
    await query("DELETE FROM users WHERE id = %(id)s", {"id": ids["alice"]})
    assert await query("SELECT count(*) FROM held_forms") == [(0,)]


@pytest.mark.parametrize("value", ["", " ", "a\r\nb", "\x00", "é語👩", "a&b=c+d%20"])
async def test_fields_come_back_as_they_were_but_for_the_proof_of_their_page(value: str) -> None:
    fields = held_forms.encode_fields([("x", value), ("csrf", "secret"), ("x", value), ("y", "")])
    assert "secret" not in fields
    form = HeldForm(act="", path="/", back_path="/", fields=fields)
    assert held_forms.decode_fields(form) == [("x", value), ("x", value), ("y", "")]
