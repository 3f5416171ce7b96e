"""Read a cycle: what is in it by state, what slipped out of it, what came in late."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from shareable_backlog.database.backlog import item_list
from shareable_backlog.database.work import cycles
from shareable_backlog.database.work.cycles import MOST_IDS, NearCycle, ShownCycle
from shareable_backlog.errors import NotFound
from shareable_backlog.services.charts import burn_up
from shareable_backlog.services.charts.burn_up import BurnUp, PlanPart
from shareable_backlog.services.work import sections
from shareable_backlog.services.work.sections import (
    Condition,
    Filters,
    GroupedSection,
    ListedItem,
    WorkReader,
    WorkSection,
)

__all__ = ["MOST_IDS", "NearCycle", "ShownCycle"]

SectionOfCycle: TypeAlias = Literal["slipped", "late"]

CyclePhase: TypeAlias = Literal["ahead", "now", "over"]


class NamedItems(Struct, frozen=True):
    """Items that no filter finds: how many there are, at most one more than MOST_IDS, and the first by rank."""

    count: int
    items: Sequence[ListedItem]


class CyclePage(Struct, frozen=True, kw_only=True):
    """A cycle: all that was in it by state, archived or not, and the cycles of its team before and after.

    `done` are the items that are done, of those that are not canceled (`wanted`). What slipped or came late is found
    by no filter.
    """

    cycle: ShownCycle
    phase: CyclePhase
    by_state: GroupedSection
    wanted: WorkSection
    done: WorkSection
    slipped: NamedItems
    late: NamedItems
    burn_up: BurnUp | None
    previous: NearCycle | None
    following: NearCycle | None


async def find_cycle(reader: WorkReader, team_key: str, number: int) -> ShownCycle:
    """Return the cycle of this number of a team. Raises NotFound."""
    found = await cycles.find_cycle(reader.scope, team_key, number)
    if found is None:
        raise NotFound("There is no cycle by that name, or you may not see it. Look for it at its team.")
    return found


async def read_cycle_page(reader: WorkReader, cycle: ShownCycle, first: int = sections.FIRST) -> CyclePage:
    """Return the page of a cycle, with the `first` of what slipped and came late."""
    by_state = await sections.read_groups_by_state(reader, build_filters(cycle))
    slipped = await cycles.list_slipped_ids(reader.scope, cycle, reader.now)
    late = await cycles.list_late_ids(reader.scope, cycle)
    return CyclePage(
        cycle=cycle,
        phase=find_phase(cycle, reader),
        by_state=by_state,
        wanted=await sections.count_types(reader, by_state, ("canceled", "duplicate"), is_not=True),
        done=await sections.count_types(reader, by_state, ("completed",)),
        slipped=await _read_named(reader, slipped, first),
        late=await _read_named(reader, late, first),
        burn_up=await burn_up.read_burn_up(reader.scope, PlanPart("cycle", cycle.id), reader.today),
        previous=await cycles.find_before(reader.scope, cycle.team_id, cycle.starts_at),
        following=await cycles.find_after(reader.scope, cycle.team_id, cycle.starts_at),
    )


def build_filters(cycle: ShownCycle) -> Filters:
    """Return what narrows a list to all that is in a cycle: of an old one much is archived."""
    conditions = (Condition("team", (cycle.team_key,)), Condition("cycle", (str(cycle.number),)))
    return Filters(conditions, with_archived=True)


def find_phase(cycle: ShownCycle, reader: WorkReader) -> CyclePhase:
    """Return whether a cycle lies ahead, is under way, or is over."""
    if cycle.closed_at <= reader.now:
        return "over"
    return "now" if cycle.starts_at <= reader.now else "ahead"


async def _read_named(reader: WorkReader, ids: Sequence[str], first: int) -> NamedItems:
    lines = await item_list.read_items(reader.scope, ids[:first]) if ids else {}
    return NamedItems(len(ids), [lines[id_] for id_ in ids[:first] if id_ in lines])
