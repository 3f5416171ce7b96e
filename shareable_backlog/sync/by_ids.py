"""Fetch rows of a stream by their ids, whatever Linear refuses of them."""

from collections.abc import AsyncGenerator, Collection, Sequence

from msgspec.structs import replace

from shareable_backlog import clock
from shareable_backlog.linear.errors import CursorInvalid
from shareable_backlog.linear.lists import ListReader, ListRound
from shareable_backlog.linear.queries import LARGEST_PAGE, PageRequest
from shareable_backlog.linear.refusals import RefusedPart
from shareable_backlog.streams.stream import Stream
from shareable_backlog.sync.refused import KnownRefusals
from shareable_backlog.sync.store import Batch, StreamPage

_MOST_NAMED = 25


async def fetch_by_ids(
    reader: ListReader, stream: Stream, ids: Sequence[str], known: KnownRefusals
) -> AsyncGenerator[Batch]:
    """Yield the rows with these ids, in batches that may take the place of newer ones.

    It ends where the list is refused. Of `known` those are over that come, and those that Linear has no more.
    """
    for start in range(0, len(ids), LARGEST_PAGE):
        missing = set(ids[start : start + LARGEST_PAGE])
        where = {"id": {"in": ids[start : start + LARGEST_PAGE]}}
        ask: PageRequest | None = PageRequest(stream, where=where, expected=len(missing))
        holes: list[RefusedPart] = []
        while ask:
            seen_at = clock.read_time()
            fetched = await _fetch_page(reader, ask)
            page = fetched.pages.get(stream.name)
            refused = [refusal for refusal in fetched.refused if refusal.kind in {"node", "field"}]
            holes += [refusal for refusal in fetched.refused if refusal.kind == "hole"]
            if page is None:
                # What a list refuses that is asked for by ids does not tell of the list.
                waiting = missing & {one.name for one in known.stored if one.stream == stream.name}
                nodes = _name_nodes(fetched.refused[-1], waiting or sorted(missing)[:_MOST_NAMED])
                yield Batch([], seen_at, refused=[*refused, *nodes])
                return
            missing -= {node.id for node in page.nodes} | {bad.id for bad in page.bad}
            yield Batch(
                [StreamPage(stream, page.nodes, page.bad, page.without)],
                seen_at,
                older_too=True,
                refused=refused,
                recovered=known.list_recovered(stream, page, refused),
            )
            ask = replace(ask, after=page.end_cursor) if page.has_next_page else None
        # A hole among what was asked for is one of those that did not come.
        if holes:
            yield Batch([], clock.read_time(), refused=_name_nodes(holes[0], missing))
        elif gone := [one.key for one in known.stored if one.kind == "node" and one.name in missing]:
            yield Batch([], clock.read_time(), recovered=gone)


async def _fetch_page(reader: ListReader, ask: PageRequest) -> ListRound:
    try:
        return await reader.fetch_round([ask])
    except CursorInvalid:
        reader.doubts_cursors = False  # it is not the cursor then, but what is asked for
        return await reader.fetch_round([ask])


def _name_nodes(refusal: RefusedPart, ids: Collection[str]) -> list[RefusedPart]:
    """Return a refusal as that of each of some nodes."""
    return [replace(refusal, kind="node", name=id_) for id_ in sorted(ids)]
