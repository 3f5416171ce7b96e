"""Lead the addresses in templates below the path of BASE_URL: they are written as at the host's root."""

import re
from collections.abc import Generator, Iterable

from jinja2 import lexer
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from shareable_backlog.web.sub_path import add_sub_path

ATTRIBUTES = ("action", "data-copy", "data-events", "data-options", "formaction", "href", "poster", "src")
"""What holds an address that a browser asks for; no other attribute of a template may hold one of ours."""
_BEGIN = rf'(?<![\w-])(?:{"|".join(ATTRIBUTES)})="'
_LITERAL = re.compile(rf'({_BEGIN})(/[^"]*)')
_EXPRESSION = re.compile(rf"{_BEGIN}$")


class OwnAddresses(Extension):
    """Write `{{ add_sub_path(…) }}` around what begins such an attribute, be it a text or an expression.

    It is done as a template is compiled, for the path below which it is rendered then.
    """

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Yield the tokens of a template."""
        return _wrap_addresses(stream)


def _wrap_addresses(tokens: Iterable[Token]) -> Generator[Token]:
    is_address = False
    for token in tokens:
        if token.type == lexer.TOKEN_DATA:
            text = _LITERAL.sub(lambda found: found[1] + add_sub_path(found[2]), token.value)
            is_address = _EXPRESSION.search(text) is not None
            yield Token(token.lineno, lexer.TOKEN_DATA, text)
        elif is_address and token.type == lexer.TOKEN_VARIABLE_BEGIN:
            yield token
            yield Token(token.lineno, lexer.TOKEN_NAME, add_sub_path.__name__)
            yield Token(token.lineno, lexer.TOKEN_LPAREN, "(")
        elif is_address and token.type == lexer.TOKEN_VARIABLE_END:
            is_address = False
            yield Token(token.lineno, lexer.TOKEN_RPAREN, ")")
            yield token
        else:
            yield token
