"""Show with what the description of an item begins, as a line of a list has room for."""

from collections.abc import Iterable, Mapping

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import item_details
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.services.search import search_words

_MOST_READ = 1_000
_MOST_SHOWN = 160


async def list_first_lines(scope: Scope, items: Iterable[ListedItem]) -> Mapping[str, str]:
    """Return by id the first line that has a word of each description that there is and that may be shown."""
    texts = await item_details.list_descriptions(scope, [item.id for item in items], _MOST_READ)
    lines = {id_: find_first_line(text) for id_, text in texts.items()}
    return {id_: line for id_, line in lines.items() if line}


def find_first_line(text: str) -> str:
    """Return the first line of a markdown text that has a word, without marks, up to 160 characters; else ""."""
    lines = (" ".join(line.split()) for line in search_words.strip_marks(text).splitlines())
    line = next((line for line in lines if any(one.isalnum() for one in line)), "")
    return line if len(line) <= _MOST_SHOWN else f"{line[: _MOST_SHOWN - 1].rstrip()}…"
