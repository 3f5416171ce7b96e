"""Which groups of labels there are, and what is read of the one that the matrix goes by."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.backlog.counts import label_groups
from shareable_backlog.database.backlog.counts.label_groups import LabelGroup
from tests.support.mirrored import label, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_groups_stand_by_name_with_their_team_and_also_when_they_are_gone() -> None:
    await store(team("ENG", name="Field"), label("Bug"), label("Value", is_group=True))
    await store(label("risk", is_group=True, team_id="team-ENG"))
    await query("UPDATE labels SET removed_at = now() WHERE name = 'Value'")
    assert await label_groups.list_label_groups() == [
        LabelGroup("label-risk", "risk", "Field", is_removed=False),
        LabelGroup("label-Value", "Value", None, is_removed=True),
    ]


async def test_a_row_has_the_labels_that_a_filter_by_its_name_finds() -> None:
    await store(label("Value", is_group=True), label("Much", parent_id="label-Value"), label("much"), label("More"))
    await store(label("Risk", is_group=True), label("High", parent_id="label-Risk"))
    await query("UPDATE settings SET matrix_label_group_id = 'label-Value'")
    chosen = await label_groups.read_chosen_labels()
    assert chosen is not None
    assert (chosen.name, sorted(chosen.ids)) == ("Value", ["label-Much", "label-Value"]), (
        "as the group is called so itself"
    )
    assert [(one.name, sorted(one.ids)) for one in chosen.rows] == [("Much", ["label-Much", "label-much"])]


async def test_nothing_is_read_without_a_group() -> None:
    assert await label_groups.read_chosen_labels() is None
    assert not await label_groups.is_group_chosen()
