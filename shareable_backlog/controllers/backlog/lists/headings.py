"""Say in words what a page of the backlog shows, for its title and its heading."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from shareable_backlog.controllers.backlog.backlog_url import BOARD, LIST, PAGE_NAMES, BacklogUrl
from shareable_backlog.services.backlog import catalog
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.backlog.item_pages import Scope
from shareable_backlog.vocabulary import FILTERS, MOVES, ORDERS
from shareable_backlog.web.pages import locales, words
from shareable_backlog.web.pages.locales import LocalFormat

_MOST_WORDS = 120
_SAID_ALONE = frozenset({"team", "type", "state", "priority", "label", "project", "milestone"})
"""The filters whose values say by themselves what they are about."""


async def write_heading(scope: Scope, place: BacklogUrl, local: LocalFormat, now: datetime) -> str:
    """Return what is shown, with the names of the teams that `scope` sees, and days as `local` writes them."""
    team_names = await read_team_names(scope, place)
    with locales.write_for(local):
        return describe_place(place, team_names, now)


async def read_team_names(scope: Scope, place: BacklogUrl) -> Mapping[str, str]:
    """Return the names of teams by their keys, if what is shown is narrowed to any."""
    is_by_team = any(one.field == "team" for one in place.filters.conditions)
    return {one.key: one.name for one in await catalog.list_teams(scope)} if is_by_team else {}


def describe_place(place: BacklogUrl, team_names: Mapping[str, str], now: datetime) -> str:
    """Return what is shown, such as “Board · Field · In progress”; the names of teams stand by their keys."""
    filters = place.filters
    said = [*_describe_text(filters), *(describe_condition(one, team_names, now) for one in filters.conditions)]
    said += [] if filters.with_done else ["Not done"]
    said += ["With archived"] if filters.with_archived else []
    said += describe_comparison(filters, now)
    if place.path != LIST or not said:
        said.insert(0, PAGE_NAMES[place.path])
    heading = " · ".join([*said, *_describe_layout(place)])
    return heading if len(heading) <= _MOST_WORDS else f"{heading[: _MOST_WORDS - 1].rstrip()}…"


def _describe_text(filters: Filters) -> Iterator[str]:
    if filters.text:
        yield f"“{filters.text}”"


def describe_comparison(filters: Filters, now: datetime) -> Iterator[str]:
    """Yield what has to have become of the items since a day, or with which day they are compared."""
    if filters.since:
        then = locales.format_day(filters.since_day, now) if filters.since_day else "the last meeting"
        yield f"{MOVES[filters.moved]} since {then}" if filters.moved else f"Compared with {then}"


def _describe_layout(place: BacklogUrl) -> Iterator[str]:
    layout = place.layout
    if place.path not in {LIST, BOARD}:
        return
    if layout.group and layout.group != "none":
        within = f" and {FILTERS[layout.subgroup].label.lower()}" if layout.subgroup else ""
        yield f"By {FILTERS[layout.group].label.lower()}{within}"
    if layout.order and layout.order != ("relevance" if place.filters.text else "rank"):
        yield ORDERS[layout.order]


def describe_condition(one: Condition, team_names: Mapping[str, str], now: datetime) -> str:
    """Return one filter in words, such as “No project” or “Bug or Roof”."""
    field = FILTERS[one.field]
    names = [
        team_names.get(value, value) if one.field == "team" else words.describe_filter_value(value, one.field, now)
        for value in one.values
    ]
    nothing = [f"With {field.label.lower()}" if one.is_not else field.empty_words] if one.with_none else []
    joined = (" and " if one.is_all else " or ").join(names)
    if not names:
        return nothing[0]
    if one.is_not:
        return ", ".join([f"{field.label} not {joined}" if field.is_time else f"Not {joined}", *nothing])
    said = joined if one.field in _SAID_ALONE or one.values == ("current",) else f"{field.label} {joined}"
    return " or ".join([said, *nothing])
