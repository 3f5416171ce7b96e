"""Read what somebody typed to search for, and write the condition that an item's words are those.

Words that are not shown neither find an item nor, taken away by a minus, hide one. Which texts are shown is known
before a statement is written, so that it has nothing in it but what applies. The settings may change in between: the
statement reads words through `searched`, where there is nothing once one of those texts is not shown any more. So it
never finds by words that are hidden; at the worst it finds nothing, until somebody asks again.
"""

import re
from collections.abc import Mapping
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.search import folding

_LONGEST = 200
_PART = re.compile(r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))')
_QUOTES = str.maketrans("“”„«»", '"""""')
_IDENTIFIER = re.compile(r"\s*([A-Za-z][A-Za-z0-9]{0,9}?)-?(\d{1,9})\s*")


class Phrase(Struct, frozen=True):
    """Words that stand one after the other; with `is_open` the last may go on, as it is still being typed."""

    words: tuple[str, ...]
    is_open: bool = False


class Search(Struct, frozen=True):
    """What is searched for: each of `wanted`, and none of `unwanted`."""

    wanted: tuple[Phrase, ...]
    unwanted: tuple[Phrase, ...]


class SearchedTexts(Struct, frozen=True):
    """Which texts of an item are searched beside its identifier and its title: those that are shown."""

    descriptions: bool
    comments: bool


class SearchMatch(Struct, frozen=True, kw_only=True):
    """Conditions on rows `e` of the CTE `searched`, with their parameters.

    `sql` is met by what has all that is wanted, and nothing unwanted, in what is shown of its item. Of that,
    `title_sql` is met by what has all that is wanted in its title; where nothing is wanted, no title has it.
    """

    searched: LiteralString
    sql: LiteralString
    title_sql: LiteralString
    params: Mapping[str, object]


def parse_search(text: str) -> Search:
    """Return what the first 200 characters of `text` ask for: words, "phrases", -not; nothing is an error."""
    text = text[:_LONGEST].translate(_QUOTES)
    wanted: list[Phrase] = []
    unwanted: list[Phrase] = []
    for part in _PART.finditer(text):
        is_open = not part["minus"] and part["plain"] is not None and part.end() == len(text)
        if words := folding.split_words(part["quoted"] or part["plain"] or ""):
            phrase = Phrase(tuple(words), is_open and not folding.is_unspaced(words[-1]))
            (unwanted if part["minus"] else wanted).append(phrase)
    return Search(tuple(wanted), tuple(unwanted))


def parse_identifier(text: str) -> str | None:
    """Return what was typed as an identifier: `eng-12` and `eng12` are ENG-12; None when it can't be one."""
    match = _IDENTIFIER.fullmatch(text)
    return f"{match[1].upper()}-{int(match[2])}" if match else None


def write_match(search: Search, texts: SearchedTexts) -> SearchMatch:
    """Return the conditions that stand for `search` in titles and `texts`; without any word nothing meets them.

    The words are constants for the planner, which so knows how rare they are.
    """
    # An index does not know which text a word is from, so titles have one of their own.
    column: LiteralString = "e.words" if texts.descriptions or texts.comments else "e.title_words"
    without: list[LiteralString] = [f"NOT {column} @@ %(unwanted)s::tsquery"] if search.unwanted else []
    found: LiteralString = " AND ".join([f"{column} @@ %(wanted)s::tsquery", *without])
    titled: LiteralString = " AND ".join(["e.title_words @@ %(wanted)s::tsquery", *without])
    if not search.wanted:
        found, titled = without[0] if without else "false", "false"
    return SearchMatch(
        searched=_render_searched(texts), sql=found, title_sql=titled, params=_write_params(search, texts)
    )


def write_query(search: Search) -> str | None:
    """Return the tsquery of what has all that is wanted and nothing unwanted; None for a search without any word."""
    wanted = [_write_phrase(phrase, "") for phrase in search.wanted]
    unwanted = [f"!{_write_phrase(phrase, '')}" for phrase in search.unwanted]
    return " & ".join([*wanted, *unwanted]) or None


def _render_searched(texts: SearchedTexts) -> LiteralString:
    shown: list[LiteralString] = []
    if texts.descriptions:
        shown.append(visibility.DESCRIPTIONS)
    if texts.comments:
        shown.append(visibility.COMMENTS)
    where: LiteralString = f" WHERE {' AND '.join(shown)}" if shown else ""
    return f"searched AS NOT MATERIALIZED (SELECT e.* FROM search_entries e{where})"


def _write_params(search: Search, texts: SearchedTexts) -> Mapping[str, object]:
    # An index tells by itself who has a word, unless it matters which text the word is from.
    weights = {(True, False): "AB", (False, True): "AC"}.get((texts.descriptions, texts.comments), "")
    params: dict[str, object] = {}
    if search.wanted:
        params["wanted"] = " & ".join(_write_phrase(phrase, weights) for phrase in search.wanted)
    if search.unwanted:
        params["unwanted"] = " | ".join(_write_phrase(phrase, weights) for phrase in search.unwanted)
    return params


def _write_phrase(phrase: Phrase, weights: str) -> str:
    """Return `phrase` as a tsquery. Words hold nothing that has to be quoted."""
    *first, last = phrase.words
    written = [*(_write_word(word, weights) for word in first), _write_word(last, weights + "*" * phrase.is_open)]
    return f"({' <-> '.join(written)})"


def _write_word(word: str, marks: str) -> str:
    return f"'{word}':{marks}" if marks else f"'{word}'"
