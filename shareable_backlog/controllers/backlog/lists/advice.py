"""Say in words, each with its link, why a list has nothing in it and what would find something."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.controllers.backlog.backlog_url import BacklogUrl
from shareable_backlog.controllers.backlog.lists import headings
from shareable_backlog.services.backlog import filters
from shareable_backlog.services.backlog.item_pages import ItemQuery, ItemTotal, Scope
from shareable_backlog.services.search import nothing_found
from shareable_backlog.services.search.nothing_found import Omission
from shareable_backlog.vocabulary import MOVES
from shareable_backlog.web.pages import locales
from shareable_backlog.web.pages.locales import LocalFormat


class CountedLink(Struct, frozen=True):
    """What a link leads to, in words, and how many items are there; more than `most` are counted as one more."""

    words: str
    url: str
    count: int
    most: int


class NothingAdvice(Struct, frozen=True):
    """What to leave out, other words, and other units, each with how many items there are."""

    omissions: list[CountedLink]
    suggestions: list[CountedLink]
    units: list[CountedLink]


async def find_advice(
    scope: Scope, place: BacklogUrl, query: ItemQuery, version: str, local: LocalFormat
) -> NothingAdvice:
    """Return what would find something where a page at `place` has nothing."""
    found = await nothing_found.explain_nothing(scope, query, version)
    team_names = await headings.read_team_names(scope, place)
    with locales.write_for(local):
        said = [_describe_omission(one, place, team_names, query.now) for one in found.omissions]
    return NothingAdvice(
        [
            _build_link(words, replace(place, filters=one.filters), one.total)
            for words, one in zip(said, found.omissions, strict=True)
        ],
        [
            _build_link(one.filters.text or "", replace(place, filters=one.filters), one.total)
            for one in found.suggestions
        ],
        [
            CountedLink(
                one.group.name or "",
                place.build_list_url(filters.narrow_to(found.unit_filters, one.condition)),
                one.count,
                found.most_of_unit,
            )
            for one in found.units
        ],
    )


def _build_link(words: str, place: BacklogUrl, total: ItemTotal) -> CountedLink:
    return CountedLink(words, place.url, total.count, total.most)


def _describe_omission(one: Omission, place: BacklogUrl, team_names: Mapping[str, str], now: datetime) -> str:
    if one.condition:
        return headings.describe_condition(one.condition, team_names, now)
    if one.filters.moved != place.filters.moved and place.filters.moved:
        return f"{MOVES[place.filters.moved]} since then"
    return "Not done" if one.filters.with_done != place.filters.with_done else f"“{place.filters.text}”"
