"""Make selections of items from the words of an address, without a database."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.selection.item_filters import look_up_names, write_predicates
from shareable_backlog.database.backlog.selection.item_orders import find_order
from shareable_backlog.database.backlog.selection.item_query import Hints, ItemQuery, Selection
from shareable_backlog.database.search.search_match import SearchedTexts, parse_search, write_match
from shareable_backlog.services.backlog import filters, layouts

NOW = datetime(2026, 2, 6, 15, tzinfo=UTC)
HINTS = Hints(
    shows_descriptions=True,
    shows_comments=True,
    hides_team=False,
    shown_fronts={},
    has_many=False,
    rank_order="priority",
    group_has_teams=False,
    group_has_projects=False,
    group_label_ids=[],
    identified_ids=[],
    ids={},
)


def ask(words: str) -> ItemQuery:
    """Return what the words of an address ask for."""
    pairs = parse_qsl(words, keep_blank_values=True)
    return ItemQuery(filters.parse_filters(pairs), layouts.parse_layout(pairs).order, NOW)


def select(words: str, *, ids: int = 2, rare: str = "", in_group: bool = False, **hints: Any) -> Selection:
    """Return the selection of what the words of an address ask for, where each name means so many ids.

    What is `rare` are the "words" that are searched for, or the "titles" that have them.
    """
    item_query = ask(words)
    hinted = replace(HINTS, **hints)
    found = {name: [f"id-{number}" for number in range(ids)] for name in look_up_names(item_query.filters).statements}
    text = item_query.filters.text
    return Selection(
        scope=Scope((1,) if in_group else None),
        order=find_order(item_query.sorted_by, hinted.rank_order),
        predicates=tuple(write_predicates(item_query.filters, found, NOW)),
        with_archived=item_query.filters.with_archived,
        hints=replace(hinted, ids=found),
        is_front_shown=hinted.shown_fronts.get(item_query.sorted_by, False),
        match=write_match(parse_search(text), SearchedTexts(descriptions=True, comments=True)) if text else None,
        has_rare_words=rare == "words",
        has_rare_titles=rare in {"words", "titles"},
    )
