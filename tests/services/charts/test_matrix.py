"""Open items by importance against effort, and that the filters of a cell leave just what it counts."""

from typing import LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.services.charts import matrix
from shareable_backlog.services.charts.matrix import ChosenLabels, Matrix
from shareable_backlog.vocabulary import GroupBy
from tests.support.listing import TODAY, parse_query
from tests.support.mirrored import item, label, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def store_items() -> None:
    await store(team("ENG"), team("OPS"), state("started"), state("completed"), label("Roof"))
    await store(
        item(1, priority=1, estimate=3.0),
        item(2, priority=1, estimate=3.0, label_ids=["label-Roof"]),
        item(3, priority=1, estimate=2.5, state_id="ENG-started-0"),
        item(4, priority=0, estimate=8.0, team="OPS"),
        item(5, priority=2),
        item(6, priority=1, estimate=3.0, state_id="ENG-completed-0"),
    )


async def build(words: str = "", by: GroupBy | ChosenLabels = "priority", scope: Scope = EVERYTHING) -> Matrix:
    return await matrix.build_matrix(scope, parse_query(words), by)


def tell(found: Matrix) -> dict[str | None, dict[float | None, list[str]]]:
    return {
        group.value: {
            estimate: [one.identifier for one in cell.items]
            for estimate, cell in zip(found.estimates, cells, strict=True)
            if cell.count
        }
        for group, cells in found.rows
    }


async def test_each_open_item_is_in_the_cell_of_its_priority_and_estimate() -> None:
    await store_items()
    found = await build()
    assert list(found.estimates) == [2.5, 3.0, 8.0, None]
    assert {value: {one: sorted(names) for one, names in cells.items()} for value, cells in tell(found).items()} == {
        "urgent": {2.5: ["ENG-3"], 3.0: ["ENG-1", "ENG-2"]},
        "high": {None: ["ENG-5"]},
        "none": {8.0: ["OPS-4"]},
    }
    assert (found.count, found.largest) == (5, 2)


@pytest.mark.parametrize("by", ["priority", "team", "label", "state"])
@pytest.mark.parametrize("words", ["", "team=ENG", "estimate=3", "no=estimate", "label=roof"])
async def test_the_filters_of_each_cell_leave_just_as_many_as_it_counts(by: GroupBy, words: str) -> None:
    await store_items()
    cells = [cell for _, row in (await build(words, by)).rows for cell in row if cell.count]
    assert cells
    for cell in cells:
        left = await item_pages.list_items(EVERYTHING, ItemQuery(cell.filters, None, TODAY), None, 50)
        assert len(left.items) == cell.count


async def test_where_estimates_are_not_shown_there_is_one_column() -> None:
    await store_items()
    await query("UPDATE sharing_settings SET shows_estimates = false")
    assert list((await build()).estimates) == [None]


async def test_a_team_that_estimates_no_more_has_no_estimates() -> None:
    await store_items()
    await query("UPDATE teams SET issue_estimation_type = 'notUsed' WHERE key = 'OPS'")
    assert tell(await build())["none"] == {None: ["OPS-4"]}


async def test_what_may_not_be_seen_moves_no_number() -> None:
    await store_items()
    await query("INSERT INTO viewer_groups (name) VALUES ('Units')")
    await query("INSERT INTO viewer_group_rules SELECT id, 'team', 'team-OPS' FROM viewer_groups")
    [[group]] = await query("SELECT id FROM viewer_groups")
    assert tell(await build(scope=Scope((group,)))) == {"none": {8.0: ["OPS-4"]}}


async def choose_labels(group: str = "Value") -> ChosenLabels:
    """Let an admin choose a group of labels, and return what is read of it."""
    await query("UPDATE settings SET matrix_label_group_id = %(id)s", {"id": f"label-{group}"})
    chosen, lacks_chosen = await matrix.choose_rows()
    assert isinstance(chosen, ChosenLabels)
    assert not lacks_chosen
    return chosen


async def store_labelled() -> None:
    """Store a group of two labels, a label beside it, and one of another group that is called like one of the two."""
    await store(
        *(label(name, is_group=True) for name in ("Value", "Risk")),
        *(label(name, parent_id="label-Value") for name in ("Much", "Little")),
        label("much", parent_id="label-Risk"),
        label("Roof"),
    )
    await store(
        item(1, estimate=3.0, label_ids=["label-Much"]),
        item(2, estimate=3.0, label_ids=["label-Much", "label-Roof"]),
        item(3, estimate=1.0, label_ids=["label-Little", "label-much"]),
        item(4, estimate=1.0, label_ids=["label-much"]),
        item(5, label_ids=["label-Roof"], team="OPS"),
        item(6, estimate=1.0),
    )


async def test_importance_may_be_a_group_of_labels() -> None:
    await store_labelled()
    found = tell(await build(by=await choose_labels()))
    assert {value: {one: sorted(names) for one, names in cells.items()} for value, cells in found.items()} == {
        "Little": {1.0: ["ENG-3"]},
        "Much": {1.0: ["ENG-3", "ENG-4"], 3.0: ["ENG-1", "ENG-2"]},
        None: {1.0: ["ENG-4", "ENG-6"], None: ["OPS-5"]},
    }


@pytest.mark.parametrize(
    "words", ["", "label=roof", "-label=roof", "-label=little", "has=label", "label=value", "team=OPS"]
)
async def test_the_filters_of_each_cell_of_labels_leave_just_as_many(words: str) -> None:
    await store_labelled()
    cells = [cell for _, row in (await build(words, await choose_labels())).rows for cell in row if cell.count]
    assert cells
    for cell in cells:
        left = await item_pages.list_items(EVERYTHING, ItemQuery(cell.filters, None, TODAY), None, 50)
        assert len(left.items) == cell.count


async def test_a_label_that_is_not_let_through_is_no_row_and_its_items_have_none() -> None:
    await store_labelled()
    await query("UPDATE labels SET is_offered = false WHERE name = 'Little'")
    found = tell(await build(by=await choose_labels()))
    assert set(found) == {"Much", None}
    assert "ENG-3" in found["Much"][1.0], "by the other label that is called so"


async def test_of_labels_too_what_may_not_be_seen_moves_no_number() -> None:
    await store_labelled()
    await query("INSERT INTO viewer_groups (name) VALUES ('Units')")
    await query("INSERT INTO viewer_group_rules SELECT id, 'team', 'team-OPS' FROM viewer_groups")
    [[group]] = await query("SELECT id FROM viewer_groups")
    assert tell(await build(by=await choose_labels(), scope=Scope((group,)))) == {None: {None: ["OPS-5"]}}


async def test_a_group_that_is_renamed_stays_the_chosen_one() -> None:
    await store_labelled()
    await choose_labels()
    await query("UPDATE labels SET name = 'Worth' WHERE name = 'Value'")
    chosen = await choose_labels()
    assert chosen.name == "Worth"
    assert set(tell(await build(by=chosen))) == {"Little", "Much", None}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE labels SET removed_at = now() WHERE name = 'Value'",
        "UPDATE labels SET is_offered = NULL WHERE parent_id = 'label-Value'",
        "UPDATE labels SET parent_id = NULL WHERE parent_id = 'label-Value'",
    ],
)
async def test_where_nothing_is_left_of_the_group_it_goes_by_priority_and_says_so(change: LiteralString) -> None:
    await store_labelled()
    await choose_labels()
    await query(change)
    assert await matrix.choose_rows() == ("priority", True)


async def test_nobody_has_to_choose_a_group() -> None:
    assert await matrix.choose_rows() == ("priority", False)
