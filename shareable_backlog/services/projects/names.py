"""Find what an address names, and tell whether a filter by a name finds just what is meant."""

from collections.abc import Sequence

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.projects import project_details
from shareable_backlog.database.projects.project_details import ProjectDetails
from shareable_backlog.database.projects.project_names import NamedProject
from shareable_backlog.errors import NotFound
from shareable_backlog.services.backlog.filters import Condition, parse_filters
from shareable_backlog.vocabulary import FilterName


async def find_projects(scope: Scope, word: str) -> Sequence[ProjectDetails]:
    """Return the projects that a word of an address means: one, or several of one name. Raises NotFound for none."""
    found = await project_details.find_projects(scope, word)
    if not found:
        raise NotFound("There is no project by that name, or you may not see it. Look for it on the roadmap.")
    return found if found[0].is_named else found[:1]


def has_own_list(project: NamedProject) -> bool:
    """Return whether a filter by the project's name leaves its items alone."""
    return not project.has_namesake and is_kept("project", project.name)


def is_kept(field: FilterName, name: str) -> bool:
    """Return whether a filter takes a name as it is: it cuts what is very long, and the space around it."""
    return parse_filters([(field, name)]).conditions == (Condition(field, (name,)),)
