"""Write a secret in every form in which it may stand in a text."""

import base64
import html
import json
from urllib.parse import quote, quote_plus, unquote

_SHORTEST_FORM = 8  # fewer characters of Base64 stand in other words too


def write_forms(secret: bytes) -> tuple[str, ...]:
    """Return the texts by which a secret is known: as it is, escaped for URL, JSON, HTML and Python, in hex, Base64.

    In Base64 it may begin at any place of three, as after the name of a user in `Authorization`.
    """
    forms = {secret.hex(), repr(secret)[2:-1], *_write_base64(secret)}
    try:
        text = secret.decode()
    except UnicodeDecodeError:
        pass
    else:
        forms |= {text, quote(text, safe=""), quote(text), quote_plus(text), html.escape(text), repr(text)[1:-1]}
        forms |= {json.dumps(text)[1:-1], quote(quote(text, safe=""), safe=""), unquote(text)}
    return tuple(sorted(forms))


def _write_base64(secret: bytes) -> list[str]:
    """Return what of a secret's Base64 stays the same whatever is around it, for each place where it may begin."""
    found: list[str] = []
    for before in range(3):
        whole = base64.b64encode(bytes(before) + secret).rstrip(b"=").decode()
        kept = whole[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
        found += [kept, kept.replace("+", "-").replace("/", "_")]
    return [kept for kept in found if len(kept) >= _SHORTEST_FORM]
