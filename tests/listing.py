"""Ask for lists in the words of an address."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl

from shareable_backlog.database.item_orders import Position
from shareable_backlog.database.sharing import Scope
from shareable_backlog.services import backlog, filters, shapes
from shareable_backlog.services.backlog import Asked, GroupedPage, ListPage

TODAY = datetime(2026, 2, 6, 15, tzinfo=UTC)


def asked(words: str) -> Asked:
    """Read what is asked for by the query of an address."""
    pairs = parse_qsl(words, keep_blank_values=True)
    return Asked(filters.parsed(pairs), shapes.parsed(pairs).order, TODAY)


async def page(words: str, scope: Scope | None = None, after: Position | None = None, limit: int = 50) -> ListPage:
    """Give one page of the list."""
    return await backlog.listed(scope or Scope(), asked(words), after, limit)


async def identifiers(words: str, scope: Scope | None = None, after: Position | None = None) -> list[str]:
    """Give the identifiers of one page of the list."""
    return [one.identifier for one in (await page(words, scope, after)).items]


async def grouped(words: str, scope: Scope | None = None, *, skip: int = 0, first: int = 3) -> GroupedPage:
    """Give the groups of one page."""
    shape = shapes.parsed(parse_qsl(words, keep_blank_values=True))
    assert shape.group is not None
    assert shape.group != "none"
    return await backlog.grouped(
        scope or Scope(), asked(words), shape.group, closed=shape.closed, skip=skip, first=first
    )


async def groups(words: str, scope: Scope | None = None) -> dict[str | None, tuple[int, list[str]]]:
    """Give the names of the groups of one page, each with its count and the identifiers of its first items."""
    found = await grouped(words, scope)
    return {one.group.value: (one.count, [line.identifier for line in one.items]) for one in found.groups}
