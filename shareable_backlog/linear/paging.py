"""Walk through the pages of one stream."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, cast

from shareable_backlog.linear.client import Client
from shareable_backlog.linear.errors import PartialAnswer, TooComplex
from shareable_backlog.linear.queries import PagedQuery

LARGEST_PAGE = 250


@dataclass(frozen=True, slots=True)
class Page:
    """Hold one page: whole nodes as Linear names their fields, and where the next page begins."""

    nodes: list[dict[str, Any]]
    end_cursor: str | None
    has_next_page: bool


async def pages(
    client: Client, paged: PagedQuery, *, first: int = LARGEST_PAGE, after: str | None = None
) -> AsyncGenerator[Page]:
    """Yield the pages of a stream, `first` rows each (at most 250), from the start or the cursor `after`.

    A page that is too much at once is asked for in halves, and so are all after it. Raises PartialAnswer
    for a page with holes and for cursors that go in circles, and what `Client.execute` raises.
    """
    seen = {after}
    while True:
        try:
            data = await client.execute(paged.text, {"first": first, "after": after})
        except TooComplex:
            if first == 1:
                raise
            first //= 2
            continue
        page = _page(data.get(paged.root))
        yield page
        if not page.has_next_page:
            return
        after = page.end_cursor
        if after is None or after in seen:
            raise PartialAnswer
        seen.add(after)


def _page(connection: object) -> Page:
    match connection:
        case {
            "nodes": list(),
            "pageInfo": {"hasNextPage": bool() as has_next_page, "endCursor": str() | None as end_cursor},
        }:
            nodes = cast("dict[str, list[object]]", connection)["nodes"]
            if all(isinstance(node, dict) for node in nodes):
                return Page(cast("list[dict[str, Any]]", nodes), end_cursor, has_next_page)
        case _:
            pass
    raise PartialAnswer
