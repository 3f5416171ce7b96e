"""State when an item's words are those that are searched for, as far as they are shown.

The fragments stand in statements about `search_entries e`, with the parameters of `params`. Words that are not shown
neither find an item nor, taken away by a minus, hide one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.search import folding

_LONGEST = 200
_PART = re.compile(r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))')
_QUOTES = str.maketrans("“”„«»", '"""""')


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one after the other; with `is_open` the last may go on, as it is still being typed."""

    words: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: each of `wanted`, and none of `unwanted`."""

    wanted: tuple[Phrase, ...]
    unwanted: tuple[Phrase, ...]


def parsed(text: str) -> Search:
    """Read the first 200 characters of what somebody typed: words, "phrases", -not; nothing is an error."""
    text = text[:_LONGEST].translate(_QUOTES)
    wanted: list[Phrase] = []
    unwanted: list[Phrase] = []
    for part in _PART.finditer(text):
        is_open = not part["minus"] and part["plain"] is not None and part.end() == len(text)
        if words := folding.split_words(part["quoted"] or part["plain"] or ""):
            phrase = Phrase(tuple(words), is_open and not folding.is_unspaced(words[-1]))
            (unwanted if part["minus"] else wanted).append(phrase)
    return Search(tuple(wanted), tuple(unwanted))


def _within(name: LiteralString) -> LiteralString:
    """Return the condition that what the parameter `name` says is in one of the shown texts, or over several.

    An index finds it in all texts or in titles, as it does not know which text a word is from. Both are constants for
    the planner, which so knows how rare the words are.
    """
    words: LiteralString = f"replace(%({name})s, '@', "
    return f"""(
        (({visibility.DESCRIPTIONS} OR {visibility.COMMENTS}) AND e.words @@ {words}'ABC')::tsquery
         AND CASE WHEN {visibility.DESCRIPTIONS} AND {visibility.COMMENTS} THEN true
                  WHEN {visibility.DESCRIPTIONS} THEN e.words @@ {words}'AB')::tsquery
                  ELSE e.words @@ {words}'AC')::tsquery END)
        OR (NOT {visibility.DESCRIPTIONS} AND NOT {visibility.COMMENTS} AND e.title_words @@ {words}'')::tsquery)
    )"""


_WITHOUT: LiteralString = f"(NOT %(has_unwanted)s OR NOT {_within('unwanted')})"
MATCH: LiteralString = f"((NOT %(has_wanted)s OR {_within('wanted')}) AND {_WITHOUT})"
"""Tell whether a row has all that is wanted, and nothing unwanted, in what is shown of its item."""
TITLE_MATCH: LiteralString = (
    f"(%(has_wanted)s AND e.title_words @@ replace(%(wanted)s, '@', '')::tsquery AND {_WITHOUT})"
)
"""Tell whether a row that meets MATCH has all that is wanted in its title; where nothing is, no title has it."""


FOUND: LiteralString = f"""
    found (item_id) AS MATERIALIZED (
      SELECT e.item_id FROM search_entries e
      WHERE {visibility.DESCRIPTIONS} AND {visibility.COMMENTS} AND {_WITHOUT}
      AND (NOT %(has_wanted)s OR e.words @@ replace(%(wanted)s, '@', '')::tsquery)
      UNION ALL
      SELECT e.item_id FROM search_entries e
      WHERE NOT ({visibility.DESCRIPTIONS} AND {visibility.COMMENTS}) AND {MATCH}
    ),
    titled (item_id) AS MATERIALIZED (SELECT e.item_id FROM search_entries e WHERE {TITLE_MATCH})
"""
"""Look rows up by their words first, as tables `found` and `titled`: soon where few have them.

Where all texts are shown no word's text matters, and the index tells by itself who has it.
"""


def params(text: str) -> Mapping[str, object]:
    """Return the parameters of the conditions; a text without any word matches nothing. `text` may hold anything."""
    search = parsed(text)
    is_empty = not search.wanted and not search.unwanted
    return {
        "wanted": " & ".join(map(_written, search.wanted)) or _NOWHERE,
        "unwanted": " | ".join(map(_written, search.unwanted)) or _NOWHERE,
        "has_wanted": bool(search.wanted) or is_empty,
        "has_unwanted": bool(search.unwanted),
    }


_NOWHERE = "' '"


def _written(phrase: Phrase) -> str:
    """Write `phrase` as a tsquery; @ stands for the texts it may be in. Words hold nothing that has to be quoted."""
    written = [f"'{word}':@" for word in phrase.words]
    if phrase.is_open:
        written[-1] = f"'{phrase.words[-1]}':*@"
    return f"({' <-> '.join(written)})"
