"""Keep what others wrote from turning the line around in which it stands, and from being a link that nobody sees.

Text that runs from right to left, or has characters that force a direction, would reorder what stands beside it
(Unicode's bidirectional algorithm, UAX 9). So each text of a page that has any of it is isolated where it is written.
"""

import re
import unicodedata
from collections.abc import Generator, Iterable
from typing import Any

from jinja2 import lexer
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

_ISOLATE, _END_OF_ISOLATE, _END_OF_EMBEDDING = "\u2068", "\u2069", "\u202c"
_CLOSERS = {
    **dict.fromkeys("\u202a\u202b\u202d\u202e", _END_OF_EMBEDDING),
    **dict.fromkeys("\u2066\u2067\u2068", _END_OF_ISOLATE),
}
_CONTROL = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_SEEN = frozenset("LNPSM")
"""The general categories of characters that one can see."""
_UNSEEN = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""What is of these categories and still blank."""
_TAG = re.compile(r"<(/?[a-zA-Z]+)|>")


def describe_title(title: str | None, otherwise: str = "Untitled") -> str:
    """Return a title, or what stands for one in which there is nothing to see, so that its link can be seen."""
    if title and ("!" <= title[0] <= "~" or any(_is_seen(one) for one in title)):
        return title
    return otherwise


def _is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] in _SEEN and character not in _UNSEEN


def isolate_text(value: Any) -> Any:  # noqa: ANN401 (whatever a template writes; what is no text stays as it is)
    """Return a text of which nothing around it depends: one from left to right, and what is no text, as it is."""
    if type(value) is not str or value.isascii() or not _RIGHT_TO_LEFT.search(value):
        return value
    return f"{_ISOLATE}{_balance(value)}{_END_OF_ISOLATE}"


def _balance(text: str) -> str:
    """Return `text` with all that it opens closed, and without what closes more than it opened."""
    is_open: list[str] = []
    isolates = 0

    def close(found: re.Match[str]) -> str:
        nonlocal isolates
        control = found[0]
        if control in _CLOSERS:
            is_open.append(_CLOSERS[control])
            isolates += _CLOSERS[control] == _END_OF_ISOLATE
        elif control == _END_OF_ISOLATE and isolates:
            while is_open.pop() != control:  # the end of an isolate ends the embeddings in it
                pass
            isolates -= 1
        elif control == _END_OF_EMBEDDING and is_open[-1:] == [control]:
            is_open.pop()
        else:
            return ""
        return control

    return _CONTROL.sub(close, text) + "".join(reversed(is_open))


class IsolatedTexts(Extension):
    """Write `(…) | isolated` around each expression that stands in the text of a page, as a template is compiled.

    What stands in a tag or a text field is left: its values are sent back as they are.
    """

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Yield the tokens of a template."""
        return _wrap_texts(stream)


def _wrap_texts(tokens: Iterable[Token]) -> Generator[Token]:
    tag, is_text = "", True
    for token in tokens:
        if token.type == lexer.TOKEN_DATA:
            for found in _TAG.finditer(token.value):
                tag, is_text = (found[1], False) if found[1] else (tag, True)
        is_wrapped = is_text and tag != "textarea"
        if token.type == lexer.TOKEN_VARIABLE_BEGIN and is_wrapped:
            yield token
            yield Token(token.lineno, lexer.TOKEN_LPAREN, "(")
        elif token.type == lexer.TOKEN_VARIABLE_END and is_wrapped:
            yield Token(token.lineno, lexer.TOKEN_RPAREN, ")")
            yield Token(token.lineno, lexer.TOKEN_PIPE, "|")
            yield Token(token.lineno, lexer.TOKEN_NAME, "isolated")
            yield token
        else:
            yield token
