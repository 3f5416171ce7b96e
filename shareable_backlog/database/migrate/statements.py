"""Find where the statements of a migration begin, to name the line of one that failed.

The server runs the text as a whole; this reading of it only serves messages and early refusals.
"""

import re

from msgspec import Struct

_TOKEN = re.compile(
    r"""
      --[^\n]*
    | /\*.*?\*/                                   # a comment nested in another ends here too early
    | \b[eE]'(?:\\.|''|[^'\\])*'
    | '(?:''|[^'])*'
    | "(?:""|[^"])*"
    | (?<![\w$])(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<mark>[();])
    | (?P<other>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENTS = ("--", "/*")
_ROUTINE = re.compile(r"create\s+(or\s+replace\s+)?(function|procedure)\b", re.IGNORECASE)
_OPENING = {"(": 1, ")": -1}
_BLOCK = {"begin": 1, "case": 1, "end": -1}


class Statement(Struct, frozen=True):
    """One statement without the comments before it; `offset` counts characters from 0."""

    offset: int
    text: str


def split_statements(text: str) -> list[Statement]:
    """Return the statements of a text; empty ones don't count, as the server doesn't answer them either."""
    statements: list[Statement] = []
    start: int | None = None
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0].startswith(_COMMENTS):
            continue
        if token["mark"] == ";" and depth <= 0:
            if start is not None:
                statements.append(Statement(start, text[start : token.start()]))
            start, depth = None, 0
            continue
        if start is None:
            start = token.start()
        depth += _OPENING.get(token["mark"] or "", 0)
        # The body of an SQL-standard routine (BEGIN ATOMIC … END) holds semicolons of its own.
        if token["word"] and _ROUTINE.match(text, start):
            depth += _BLOCK.get(token["word"].lower(), 0)
    if start is not None:
        statements.append(Statement(start, text[start:]))
    return statements
