"""Read what has a label, by state, and what somebody works on: by names, which several labels or people may have."""

from collections.abc import Sequence

from msgspec import Struct

from shareable_backlog.database.work import named
from shareable_backlog.database.work.named import LabelFacts, PersonFacts
from shareable_backlog.errors import NotFound
from shareable_backlog.services.charts import burn_up
from shareable_backlog.services.charts.burn_up import BurnUp, PlanPart
from shareable_backlog.services.work import sections
from shareable_backlog.services.work.sections import Condition, Filters, GroupedSection, Plan, WorkPhases, WorkReader

__all__ = ["LabelFacts", "PersonFacts"]


class LabelWork(Struct, frozen=True):
    """The labels of a name: their items by state, and the projects of what is open.

    `burn_up` is that of one label, None where several have the name.
    """

    label: LabelFacts
    by_state: GroupedSection
    projects: Sequence[Plan]
    burn_up: BurnUp | None


class PersonWork(Struct, frozen=True):
    """The people of a name: what they work on, what comes next, what they did; the projects of what is open."""

    person: PersonFacts
    phases: WorkPhases
    projects: Sequence[Plan]


async def read_label_page(reader: WorkReader, name: str) -> LabelWork:
    """Return the page of the labels of this name. Raises NotFound where no item with one is shown."""
    label = await named.find_label(reader.scope, name)
    if label is None:
        raise NotFound("There is no label by that name, or you may not see it. Look for it among the filters.")
    all_ = Filters((Condition("label", (label.name,)),))
    return LabelWork(
        label,
        await sections.read_groups_by_state(reader, all_),
        await sections.list_projects(reader, all_),
        await _read_burn_up(reader, label),
    )


async def _read_burn_up(reader: WorkReader, label: LabelFacts) -> BurnUp | None:
    if len(label.ids) > 1:
        return None
    return await burn_up.read_burn_up(reader.scope, PlanPart("label", label.ids[0]), reader.today)


async def read_person_page(reader: WorkReader, name: str) -> PersonWork:
    """Return the page of the people of this name. Raises NotFound where nothing that they do or did is shown."""
    person = await named.find_person(reader.scope, name)
    if person is None:
        raise NotFound("There is nobody by that name, or you may not see who works on what.")
    all_ = Filters((Condition("assignee", (person.name,)),))
    return PersonWork(person, await sections.read_phases(reader, all_), await sections.list_projects(reader, all_))
