"""Keep the lines of items as they were written, by all that they were written of.

What a line shows is in the item's own values: whoever is shown an item with the same ones gets the same line, and one
that a sync has changed gets another. So nothing has to be forgotten.
"""

from collections.abc import Callable, Collection, Hashable
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

from markupsafe import Markup
from msgspec import Struct, structs

from shareable_backlog.vocabulary import COLUMNS
from shareable_backlog.web.pages import locales, words

_MOST_LISTS = 32
_MOST_LINES = 200
"""Of a list, at some 1 KB each."""

WriteLine = Callable[[Struct, int | None], Markup]
KeepLines = Callable[..., WriteLine]


def make_keeper() -> KeepLines:
    """Return what keeps lines for as long as the templates that write them stay as they are."""

    @lru_cache(_MOST_LISTS)
    def find_kept(*_list: Hashable) -> dict[Hashable, Markup]:
        return {}

    def keep_lines(write: WriteLine, now: datetime, columns: Collection[str], *others: Hashable) -> WriteLine:
        """Return what writes an item with its rank, or has it written; `others` is what else `write` depends on."""
        kept = find_kept(locales.get_reader(), locales.compute_today(now), tuple(columns), *others)
        times = [attrgetter(one.value) for name, one in COLUMNS.items() if name in columns and one.kind == "time"]

        def write_kept(item: Struct, rank: int | None) -> Markup:
            key = (type(item), rank, *_list_values(item), *[words.format_ago(read(item), now) for read in times])
            line = kept.get(key)
            if line is None:
                if len(kept) >= _MOST_LINES:
                    kept.clear()
                line = kept[key] = write(item, rank)
            return line

        return write_kept

    return keep_lines


def _list_values(item: Struct) -> list[Hashable]:
    values: tuple[Any, ...] = structs.astuple(item)
    return [tuple(cast("list[Hashable]", value)) if isinstance(value, list) else value for value in values]
