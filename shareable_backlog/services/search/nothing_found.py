"""Say why a list has nothing in it, and what would find something: fewer filters, other words, other units."""

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.search import found_counts
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.backlog.item_pages import ItemQuery, ItemTotal, ShownGroup
from shareable_backlog.services.search import near_words
from shareable_backlog.vocabulary import GroupBy

_MOST_TRIED = 8
_MOST_UNITS = 5
_UNITS: tuple[GroupBy, ...] = ("team", "label", "project")


class Omission(Struct, frozen=True):
    """What may be left out, and how many items there are then; `condition` is None for what is none of them."""

    condition: Condition | None
    filters: Filters
    total: ItemTotal


class Suggestion(Struct, frozen=True):
    """What else to search for, and how many items have it."""

    filters: Filters
    total: ItemTotal


class NothingFound(Struct, frozen=True, kw_only=True):
    """What of a list's filters leaves nothing, and what would find something, counted as far as a list is.

    Each of `omissions` finds something if it alone is left out. `units` are other teams, labels or projects in which
    there is what is asked for, as `unit_filters` say; of each up to `most_of_unit` are counted.
    """

    omissions: list[Omission]
    suggestions: list[Suggestion]
    units: list[ShownGroup]
    unit_filters: Filters
    most_of_unit: int


async def explain_nothing(scope: Scope, query: ItemQuery, version: str) -> NothingFound:
    """Return why nothing is found of what is asked for, and what would be; nothing of it tells what is hidden."""
    filters = query.filters
    omissions = [
        Omission(condition, left, total)
        for condition, left in _list_omissions(filters)
        if (total := await _count(scope, query, left)).count
    ]
    texts = await near_words.list_near_texts(scope, query, version) if filters.text else []
    suggested = [replace(filters, text=text) for text in texts]
    suggestions = [Suggestion(one, total) for one in suggested if (total := await _count(scope, query, one)).count]
    units, unit_filters, most = await _list_units(scope, query, omissions)
    return NothingFound(
        omissions=omissions, suggestions=suggestions, units=units, unit_filters=unit_filters, most_of_unit=most
    )


def _list_omissions(filters: Filters) -> list[tuple[Condition | None, Filters]]:
    """Return what can be left out, and what is left then."""
    left: list[tuple[Condition | None, Filters]] = [
        (one, replace(filters, conditions=tuple(other for other in filters.conditions if other != one)))
        for one in filters.conditions[:_MOST_TRIED]
    ]
    if filters.text:
        left.append((None, replace(filters, text=None)))
    if not filters.with_done:
        left.append((None, replace(filters, with_done=True)))
    if filters.moved:
        left.append((None, replace(filters, moved=None)))
    return left


async def _count(scope: Scope, query: ItemQuery, filters: Filters) -> ItemTotal:
    return await found_counts.count_found(scope, replace(query, filters=filters, order="updated"))


async def _list_units(
    scope: Scope, query: ItemQuery, omissions: list[Omission]
) -> tuple[list[ShownGroup], Filters, int]:
    """Return the other units in which there is something, of the first kind that what is asked for is narrowed to.

    With them the filters that each narrows further, and how many of each are counted.
    """
    for by in _UNITS:
        for one in omissions:
            if one.condition and one.condition.field == by and one.condition.values:
                wanted = replace(query, filters=one.filters, order="updated")
                selection = await item_pages.select_items(scope, wanted)
                page = await item_pages.list_groups(selection, by, closed=(), skip=0, first=1)
                units = [group for group in page.groups if group.group.value is not None]
                return units[:_MOST_UNITS], one.filters, page.most
    return [], query.filters, 0
