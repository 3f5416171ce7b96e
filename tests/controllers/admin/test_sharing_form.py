"""What an admin chose in lists of teams, projects and labels."""

import pytest

from shareable_backlog.controllers.admin import sharing_form
from shareable_backlog.controllers.admin.sharing_form import TogglesForm
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.access.sharing import SharingChoice
from shareable_backlog.web import params

PAIRS = [("was", "1 team t1"), ("was", "0 label two words"), ("on", "team t1"), ("on", "label two words")]


def test_a_choice_is_read_with_its_kind_and_id_and_written_back() -> None:
    form = params.read(TogglesForm, PAIRS, "form")
    assert form.was == (
        SharingChoice("team", "t1", is_shown=True),
        SharingChoice("label", "two words", is_shown=False),
    )
    assert params.write(form) == PAIRS


@pytest.mark.parametrize(
    ("was", "on", "changed"),
    [
        (["1 team t1"], ["team t1"], []),
        (["0 team t1"], [], []),
        (["1 team t1"], [], [SharingChoice("team", "t1", is_shown=False)]),
        (["0 team t1"], ["team t1"], [SharingChoice("team", "t1", is_shown=True)]),
        (["1 team t1"], ["label t1"], [SharingChoice("team", "t1", is_shown=False)]),
        ([], ["team t1"], []),
        (["0 label a b"], ["label a b"], [SharingChoice("label", "a b", is_shown=True)]),
    ],
)
def test_only_what_was_on_the_page_and_was_touched_is_a_choice(
    was: list[str], on: list[str], changed: list[SharingChoice]
) -> None:
    pairs = [*(("was", one) for one in was), *(("on", one) for one in on)]
    assert sharing_form.parse_changes(params.read(TogglesForm, pairs, "form")) == changed


@pytest.mark.parametrize("was", ["", "1", "1 team", "1 team ", "2 team t1", "1 secret t1", "team t1"])
def test_what_is_no_choice_is_refused(was: str) -> None:
    with pytest.raises(InvalidInput, match="“was” isn't valid, so nothing was changed"):
        params.read(TogglesForm, [("was", was)], "form")
