"""Show where a text has the words of a search: as the search itself finds them, without case and accents."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from shareable_backlog.database import folding, searched
from shareable_backlog.database.folding import Located
from shareable_backlog.database.searched import Phrase

_ELLIPSIS = "…"
_LONGEST_TEXT = 100_000
# Stands between words, and in none.
_BETWEEN = "\n"


def marked(text: str, query: str) -> list[tuple[str, bool]]:
    """Give `text` in pieces, each with whether it is a match of `query`; joined they are the text again.

    Neither has to be anything in particular. Matches that overlap or touch are one piece.
    """
    pieces: list[tuple[str, bool]] = []
    done = 0
    for start, end in _merged(_spans(folding.located(text), query)):
        pieces += [(text[done:start], False), (text[start:end], True)]
        done = end
    return [piece for piece in [*pieces, (text[done:], False)] if piece[0]]


def excerpt(text: str, query: str, length: int) -> str | None:
    """Give a piece of `text` around the first match of `query`, on one line; None when it has none.

    It has at most `length` characters, or those of the match, and an ellipsis where it is cut, between words if
    possible. Of a text the first 100,000 characters are looked through, as by the search.
    """
    text = text[:_LONGEST_TEXT]
    places = folding.located(text)
    start, end = min(_spans(places, query), default=(0, 0))
    if not end:
        return None
    begin = max(0, min(start - (length - (end - start)) // 2, len(text) - length, start))
    stop = max(end, min(len(text), begin + length))
    if begin:
        begin = next((at for _, at, _ in places if begin <= at <= start), start)
    if stop < len(text):
        stop = next((at for _, _, at in reversed(places) if end <= at <= stop), stop)
    shown = " ".join(text[begin:stop].split())
    return f"{_ELLIPSIS if begin else ''}{shown}{_ELLIPSIS if stop < len(text) else ''}"


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
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


def _spans(places: Sequence[Located], query: str) -> Iterator[tuple[int, int]]:
    """Give where each match begins and ends."""
    words = [word for word, _, _ in places]
    joined = _BETWEEN.join(["", *words, ""])
    offsets = list(accumulate((len(word) + 1 for word in words), initial=0))
    for phrase in dict.fromkeys(searched.parsed(query).wanted):
        for offset in _found(joined, phrase):
            first = bisect_left(offsets, offset)
            yield places[first][1], places[first + len(phrase.words) - 1][2]


def _found(joined: str, phrase: Phrase) -> Iterator[int]:
    """Give where `phrase` stands among words that are `joined`, each with a line end before and after it."""
    wanted = _BETWEEN.join(["", *phrase.words, *([] if phrase.is_open else [""])])
    offset = joined.find(wanted)
    while offset >= 0:
        yield offset
        offset = joined.find(wanted, offset + 1)
