"""A choice of what somebody sees: groups count only when they were chosen, and no choice is none."""

from typing import Any

import pytest

from shareable_backlog.controllers.admin import scope_form
from shareable_backlog.controllers.admin.admin_people import PeopleQuery
from shareable_backlog.controllers.admin.scope_form import ScopeForm
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.web import params


@pytest.mark.parametrize(
    ("fields", "scope"),
    [
        ({}, None),
        ({"group": (1,)}, None),
        ({"sees": "everything"}, EVERYTHING),
        ({"sees": "everything", "group": (1,)}, EVERYTHING),
        ({"sees": "nothing", "group": (1,)}, NOTHING),
        ({"sees": "groups", "group": (2, 1, 2)}, Scope((1, 2))),
    ],
)
def test_it_is_read_as_it_was_meant(fields: dict[str, Any], scope: Scope | None) -> None:
    assert scope_form.parse_scope(ScopeForm(**fields)) == scope


def test_groups_without_one_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Tick at least one group"):
        scope_form.parse_scope(ScopeForm(sees="groups"))


@pytest.mark.parametrize(
    ("text", "scope"), [("everything", EVERYTHING), ("nothing", NOTHING), ("7", Scope((7,))), ("2,7", Scope((2, 7)))]
)
def test_a_list_is_narrowed_by_what_its_address_says(text: str, scope: Scope) -> None:
    assert scope_form.write_scope(scope) == text
    assert (
        params.build_url("/admin/people", PeopleQuery(sees=scope)) == f"/admin/people?sees={text.replace(',', '%2C')}"
    )
