"""Parts of lists: the first lines, a count that a list has, and nothing for who may see nothing."""

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import NOTHING
from shareable_backlog.errors import NotFound
from shareable_backlog.services.work import sections
from shareable_backlog.services.work.sections import Condition, Filters
from tests.services.work.test_cycles import NOW, read_as
from tests.support.mirrored import item, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ENG = Filters((Condition("team", ("ENG",)),))


async def test_a_part_has_its_first_by_rank_and_counts_all_with_their_points() -> None:
    await store(team("ENG"), *(item(number, priority=4 - number % 4, estimate=2) for number in range(1, 31)))
    part = await sections.read_section(read_as(), ENG)
    assert (len(part.items), part.total.count, part.total.points) == (20, 30, 60)
    assert {one.priority for one in part.items[:7]} == {1}
    assert (await sections.read_section(read_as(), ENG, 0)).items == ()


async def test_further_conditions_leave_what_was_asked_before() -> None:
    narrowed = sections.narrow(replace(ENG, with_archived=True), Condition("type", ("started",)))
    assert narrowed == Filters((*ENG.conditions, Condition("type", ("started",))), with_archived=True)


async def test_who_may_see_nothing_finds_nothing() -> None:
    await store(state("started"), project("A"), item(1, state_id="ENG-started-0", project_id="project-A"))
    nobody = replace(read_as(), scope=NOTHING)
    with pytest.raises(NotFound, match="nothing here"):
        await sections.require_items(nobody, ENG, "There is nothing here.")
    assert (await sections.read_groups_by_state(nobody, ENG)).groups == []
    assert await sections.list_projects(nobody, ENG) == []
    await sections.require_items(read_as(), ENG, "")


async def test_what_is_archived_is_enough_to_be_there() -> None:
    await store(team("ENG"), item(1, archived_at=NOW))
    await sections.require_items(read_as(), ENG, "")


async def test_projects_are_those_whose_open_items_stand_first_and_no_more_than_a_page_has() -> None:
    await store(
        *(project(f"{number:02}") for number in range(1, 31)),
        *(item(number, project_id=f"project-{number:02}", priority=1 + number % 2) for number in range(1, 31)),
        indexed=False,
    )
    found = [int(one.project.name) for one in await sections.list_projects(read_as(), ENG)]
    assert len(found) == 10
    assert {number % 2 for number in found} == {0}


async def test_more_than_a_thousand_are_counted_as_one_more_and_by_state_as_far_as_a_list_is() -> None:
    await store(team("ENG"), state("started"), state("completed"))
    await query(
        """
        INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, created_at, updated_at)
        SELECT 'i' || n, 'ENG-' || n, n, 'A title', 'team-ENG', CASE WHEN n > 20 THEN 'ENG-started-0' END, at, at
        FROM (SELECT n, now() AS at FROM generate_series(1, 5100) n) a
        """
    )
    part = await sections.read_section(read_as(), ENG)
    assert (part.total.count, part.total.is_exact) == (1_001, False)
    by_state = await sections.read_groups_by_state(read_as(), ENG)
    assert (by_state.is_whole, by_state.total.count) == (False, 5_100)
    counted = [await sections.count_types(read_as(), by_state, ("started",), is_not=one) for one in (False, True)]
    assert [one.total.count for one in counted] == [1_001, 20]
