"""Show where a text has the words of a search: as the search itself finds them, without case and accents."""

import asyncio
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.database.search import folding, item_texts, search_match
from shareable_backlog.database.search.search_match import Phrase, parse_identifier

_ELLIPSIS = "…"
_MOST_OF_TEXT = 10_000
_MOST_OF_TITLE = 80
_EXCERPT = 160
_FEW_PHRASES = 8
# Stands between words, and in none.
_BETWEEN = "\n"
# What markdown writes around words: addresses of links and images, and what begins a line or styles a word.
_AROUND_WORDS = re.compile(r"\]\([^()\s]*\)|!?\[|\]|[*`]+|^[ \t]*(?:(?:#{1,6}|>|[-+:]+)(?:[ \t]+|$))+", re.MULTILINE)


def mark_matches(text: str, wanted: Sequence[Phrase]) -> list[tuple[str, bool]]:
    """Return `text` in pieces, each with whether it is a match of `wanted`; joined they are the text again.

    Matches that overlap or touch are one piece.
    """
    pieces: list[tuple[str, bool]] = []
    done = 0
    for start, end in _merge_spans(_find_spans(text, wanted)):
        pieces += [(text[done:start], False), (text[start:end], True)]
        done = end
    return [piece for piece in [*pieces, (text[done:], False)] if piece[0]]


def strip_marks(text: str) -> str:
    """Return a markdown text without what is written around its words."""
    return _AROUND_WORDS.sub("", text.replace("|", " "))


def parse_wanted(query: str) -> Sequence[Phrase]:
    """Return what is searched for: what looks like an identifier is that, however it is written."""
    identifier = parse_identifier(query)
    return search_match.parse_search(f'"{identifier}"' if identifier else query).wanted


async def find_excerpts(scope: Scope, items: Iterable[ListedItem], wanted: Sequence[Phrase]) -> Mapping[str, str]:
    """Return by id what descriptions or else comments say around a match, where titles lack any of `wanted`.

    Of a title what stands on a line counts. Of each text the first 10,000 characters are looked through, so a few
    items that were found have none.
    """
    titles = {item.id: item.title for item in items}
    lacking = {item.id: lack for item in items if (lack := _list_missing(_format_visible(item), wanted))}
    if not lacking:
        return {}
    texts = await item_texts.list_texts(scope, list(lacking), _MOST_OF_TEXT)
    return await asyncio.to_thread(
        lambda: {
            one.id: piece
            for one in texts
            for piece in [_find_first_excerpt((titles[one.id], one.description, one.comments), lacking[one.id])]
            if piece
        }
    )


def _format_visible(item: ListedItem) -> str:
    return f"{item.identifier} {item.title[:_MOST_OF_TITLE]}"


def _list_missing(text: str, wanted: Sequence[Phrase]) -> list[Phrase]:
    joined = _join_words(folding.split_words(text))
    return [phrase for phrase in wanted if next(_find_offsets(joined, phrase), None) is None]


def _find_first_excerpt(texts: Iterable[str], wanted: Sequence[Phrase]) -> str | None:
    found = (cut_excerpt(strip_marks(text), wanted, _EXCERPT) for text in texts)
    return next(filter(None, found), None)


def cut_excerpt(text: str, wanted: Sequence[Phrase], length: int) -> str | None:
    """Return a piece of `text` with the first match of `wanted` in its first part, on one line; None without a match.

    It has at most `length` characters, or those of the match, and an ellipsis where it is cut, between words if
    possible.
    """
    start, end = min(_find_spans(text, wanted), default=(0, 0))
    if not end:
        return None
    begin = max(0, min(start - min(length // 4, max(0, length - (end - start))), start))
    stop = max(end, min(len(text), begin + length))
    # No word goes over a space, so those of this part are the same in it alone.
    first = text.rfind(" ", 0, begin) + 1
    places = folding.locate_words(text[first : text.find(" ", stop) + 1 or len(text)])
    if begin:
        begin = next((first + at for _, at, _ in places if begin <= first + at <= start), start)
    if stop < len(text):
        stop = next((first + at for _, _, at in reversed(places) if end <= first + at <= stop), stop)
    shown = " ".join(text[begin:stop].split())
    return f"{_ELLIPSIS if begin else ''}{shown}{_ELLIPSIS if stop < len(text) else ''}"


def _merge_spans(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if last and start <= last[1]:
            last = last[0], max(last[1], end)
            continue
        if last:
            yield last
        last = start, end
    if last:
        yield last


def _find_spans(text: str, wanted: Sequence[Phrase]) -> Iterator[tuple[int, int]]:
    """Yield where each match begins and ends."""
    phrases = dict.fromkeys(wanted)
    # Of many the text is sooner taken apart once than gone through for each.
    plain = folding.fold_in_place(text) if len(phrases) <= _FEW_PHRASES else None
    if plain is not None:
        yield from (found.span(1) for phrase in phrases for found in _build_pattern(phrase).finditer(plain))
        return
    places = folding.locate_words(text)
    words = [word for word, _, _ in places]
    joined = _join_words(words)
    offsets = list(accumulate((len(word) + 1 for word in words), initial=0))
    for phrase in phrases:
        for offset in _find_offsets(joined, phrase):
            first = bisect_left(offsets, offset)
            yield places[first][1], places[first + len(phrase.words) - 1][2]


@lru_cache(256)
def _build_pattern(phrase: Phrase) -> re.Pattern[str]:
    """Return a pattern whose first group is each match in a text that is folded, also those that overlap."""
    words, rest = r"[\W_]+".join(phrase.words), r"[^\W_]*" if phrase.is_open else ""
    return re.compile(rf"(?<![^\W_])(?=({words}{rest}(?![^\W_])))")


def _join_words(words: Iterable[str]) -> str:
    return _BETWEEN.join(["", *words, ""])


def _find_offsets(joined: str, phrase: Phrase) -> Iterator[int]:
    """Yield where `phrase` stands among words that are `joined`, each with a line end before and after it."""
    wanted = _BETWEEN.join(["", *phrase.words, *([] if phrase.is_open else [""])])
    offset = joined.find(wanted)
    while offset >= 0:
        yield offset
        offset = joined.find(wanted, offset + 1)
