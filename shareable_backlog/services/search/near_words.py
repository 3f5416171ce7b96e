"""Find words of a backlog that are spelt like others, by the three letters in a row that they share.

The words are those of titles that a scope may see, so what is offered tells nothing of what is hidden.
"""

import asyncio
from collections.abc import Collection, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.database.search import folding, found_counts, search_match
from shareable_backlog.process_state import ProcessState

_MOST_TITLES = 5_000
_MOST_OFFERED = 3
_MOST_UNKNOWN = 3
"""Of so many words at most others are looked for: with more unknown, no other spelling of one finds anything."""
_MOST_LONGER = 3
_LEAST_LIKENESS = 0.3
_SHORTEST_WORD = 3


class _KeptWords(Struct):
    """The words of titles while the mirror and what is shared are of this version, by who sees them."""

    version: str = ""
    words: dict[Scope, Collection[str]] = field(default_factory=dict[Scope, Collection[str]])


_KEPT = ProcessState(_KeptWords)


async def list_near_texts(scope: Scope, query: ItemQuery, version: str) -> list[str]:
    """Return up to three texts to search for instead, each with one word put right, the likeliest first.

    `version` is that of the mirror and of what is shared. Of a large backlog the 5,000 titles that were updated last
    are looked through.
    """
    text = query.filters.text or ""
    if any(one.isdecimal() for one in text) or scope.is_nothing:
        return []  # numbers and identifiers are like all others
    known = await _read_words(scope, query, version)
    return await asyncio.to_thread(_replace_words, text, known)


async def _read_words(scope: Scope, query: ItemQuery, version: str) -> Collection[str]:
    kept = _KEPT.value
    if kept.version != version:
        kept = _KEPT.value = _KeptWords(version)
    if scope not in kept.words:
        everything = replace(query, filters=Filters(), order="updated")
        titles = await found_counts.list_titles(scope, everything, _MOST_TITLES)
        words = {word for title in titles for word in folding.split_words(title)}
        kept.words[scope] = {word for word in words if len(word) >= _SHORTEST_WORD and not word.isdecimal()}
    return kept.words[scope]


def _replace_words(text: str, known: Collection[str]) -> list[str]:
    unwanted = {word for phrase in search_match.parse_search(text).unwanted for word in phrase.words}
    unknown = [
        (word, start, end)
        for word, start, end in folding.locate_words(text)
        if len(word) >= _SHORTEST_WORD and word not in unwanted and word not in known
    ]
    offered: list[tuple[float, str]] = []
    for word, start, end in unknown if len(unknown) <= _MOST_UNKNOWN else []:
        near = find_near_words(word, known)
        offered += [(likeness, f"{text[:start]}{other}{text[end:]}") for likeness, other in near]
    return [other for _, other in sorted(offered, reverse=True)[:_MOST_OFFERED]]


def find_near_words(word: str, known: Collection[str]) -> Sequence[tuple[float, str]]:
    """Return up to three words of `known`, each after how like it is to `word`, from 0 to 1, the likest first."""
    wanted = _list_trigrams(word)
    near = [
        (len(wanted & one) / len(wanted | one), other)
        for other in known
        if abs(len(other) - len(word)) <= _MOST_LONGER and wanted & (one := _list_trigrams(other))
    ]
    return sorted((one for one in near if one[0] >= _LEAST_LIKENESS), reverse=True)[:_MOST_OFFERED]


def _list_trigrams(word: str) -> frozenset[str]:
    padded = f"  {word} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))
