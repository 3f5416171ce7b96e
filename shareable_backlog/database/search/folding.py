"""Take a text apart into the words that the search compares: without case and accents, in any script.

What is searched and what is searched for are folded here alike, so no database's locale has a say in it. Of a script
that puts no spaces between words each character is a word: any part of such a run is found as a phrase.
"""

import re
from functools import lru_cache
from typing import TypeAlias
from unicodedata import normalize

LocatedWord: TypeAlias = tuple[str, int, int]
"""A folded word, and where in its text it begins and ends."""

# Accents of European scripts, points of Hebrew and Arabic, and characters that only join or style others.
_ACCENTS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u00ad\u200c\u200d\u2060\u20d0-\u20ff\ufe00-\ufe0f\ufeff"
)
# Vowels and other signs of the scripts of India, which no pattern counts as letters, and the letters among them.
_SIGNS = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0df3"
# Han, kana, Hangul, Thai, Lao, Tibetan, Myanmar and Khmer.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0f40-\u0fbc\u1000-\u103f\u1050-\u108f\u1100-\u11ff\u1780-\u17d3"
    "\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\U00020000-\U0003fffd"
)
# What follows a character and makes one with it: accents, marks of kana, vowels and ends of Hangul.
_JOINED = f"{_ACCENTS}\u3099\u309a\u1160-\u11ff"
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "ς": "\u03c3"}

_ACCENT = re.compile(f"[{_ACCENTS}]+")
_LETTER = re.compile(f"[{''.join(_LETTERS)}]")
_WORD_OF_ASCII = re.compile("[a-z0-9]+")
_SPACED = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:[{_SIGNS}]+[^\W_{_UNSPACED}]*)*")
_ONE_UNSPACED = re.compile(f"[{_UNSPACED}]")
_SOME_ACCENT = "\u0300"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_NOT_ALONE = re.compile(f"[{_JOINED}{_SIGNS}{_UNSPACED}]")
_CLUSTER = re.compile(f".[{_JOINED}]*", re.DOTALL)
# No word goes over a space.
_BLOCK = re.compile(r"[\x00-\x7f]*\s|\S+")
# PostgreSQL takes words of up to 2,046 bytes.
_LONGEST_WORD = 500


def fold_text(text: str) -> str:
    """Return `text` without case, accents and differences of width. NUL and halves of surrogate pairs stay."""
    if text.isascii():
        return text.lower()
    bare = _ACCENT.sub("", normalize("NFKD", text)).lower()
    return normalize("NFC", _LETTER.sub(lambda found: _LETTERS[found[0]], bare))


_fold_cluster = lru_cache(maxsize=4096)(fold_text)


def fold_in_place(text: str) -> str | None:
    """Return `text` folded with each character where it was.

    None where one becomes several or nothing, joins another, or is a word by itself.
    """
    if text.isascii():
        return text.lower()
    plain = _BEYOND_ASCII.sub(_fold_one, text).lower()
    return None if _NOT_ALONE.search(plain) else plain


def _fold_one(found: re.Match[str]) -> str:
    folded = _fold_cluster(found[0])
    return folded if len(folded) == 1 else _SOME_ACCENT


def split_words(text: str) -> list[str]:
    """Return the folded words of `text` in order; none holds anything but letters, digits and their signs."""
    plain = fold_text(text)
    # Most texts are ASCII alone, and a table is five times as fast as a pattern.
    found: list[str] = plain.translate(_SPACED).split() if plain.isascii() else _WORD.findall(plain)
    if max(map(len, found), default=0) > _LONGEST_WORD:
        return [word[:_LONGEST_WORD] for word in found]
    return found


def locate_words(text: str) -> list[LocatedWord]:
    """Return the words of `text` with their places, in linear time."""
    found: list[LocatedWord] = []
    for block in _BLOCK.finditer(text):
        if block[0].isascii():
            plain = block[0].lower()
            at = block.start()
            found += [(word[0], at + word.start(), at + word.end()) for word in _WORD_OF_ASCII.finditer(plain)]
        else:
            found += _locate_in_block(block[0], block.start())
    return [(word[:_LONGEST_WORD], start, end) for word, start, end in found]


def _locate_in_block(block: str, at: int) -> list[LocatedWord]:
    starts: list[int] = []
    ends: list[int] = []
    pieces: list[str] = []
    for cluster in _CLUSTER.finditer(block):
        piece = _fold_cluster(cluster[0])
        starts += [at + cluster.start()] * len(piece)
        ends += [at + cluster.end()] * len(piece)
        pieces.append(piece)
    return [(word[0], starts[word.start()], ends[word.end() - 1]) for word in _WORD.finditer("".join(pieces))]


def is_unspaced(word: str) -> bool:
    """Return whether `word` is one character of a script without spaces, with which no longer word begins."""
    return bool(_ONE_UNSPACED.fullmatch(word))
