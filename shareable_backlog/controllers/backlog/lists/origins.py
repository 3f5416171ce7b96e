"""Say in the address of an item which list it was opened from, so that it leads on and back without a script."""

from collections.abc import Sequence
from functools import reduce
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec import Struct, field

from shareable_backlog.controllers.backlog.backlog_url import BOARD, LIST, BacklogUrl
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.backlog import filters, layouts
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.web.fields import Pair, Trimmed

_LONGEST = 4_000


class OriginQuery(Struct, frozen=True):
    """Which list an item was opened from, as the address of its page, and in which group, as the filters of it."""

    in_: Annotated[str, Trimmed(_LONGEST)] = field(default="", name="in")
    part: Annotated[str, Trimmed(_LONGEST)] = ""


class Origin(Struct, frozen=True):
    """The page that an item was opened from, the address that leads back to it, and what is walked through.

    `query` is what the addresses of its other items have after the question mark.
    """

    place: BacklogUrl
    back_url: str
    walked: Filters
    query: str


def write_origin(place: BacklogUrl, page: Sequence[Pair], *groups: Condition) -> str:
    """Return what the address of an item has after the question mark on a page, whose own pairs are `page`."""
    part = urlencode(filters.build_pairs(Filters(groups)))
    return _write_query(place.build_page_url(*page), part)


def read_origin(query: OriginQuery) -> Origin | None:
    """Return which list an item was opened from; None when none is named, or none that there is."""
    parts = urlsplit(query.in_)
    if parts.netloc or parts.path not in {LIST, BOARD}:
        return None
    pairs = parse_qsl(parts.query)
    try:
        narrowed = filters.parse_filters(pairs)
        place = BacklogUrl(parts.path, narrowed, layouts.parse_layout(pairs))
        groups = filters.parse_filters(parse_qsl(query.part)).conditions
    except InvalidInput:
        return None
    page = [(name, value) for name, value in pairs if name in {"after", "skip"}]
    back_url = place.build_page_url(*page)
    walked = reduce(filters.narrow_to, groups, narrowed)
    return Origin(place, back_url, walked, _write_query(back_url, query.part))


def _write_query(page_url: str, part: str) -> str:
    return urlencode([("in", page_url), *([("part", part)] if part else [])], safe="/")
