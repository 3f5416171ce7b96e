"""Read JSON that holds what strict JSON or PostgreSQL does not, as values that are right or refused later."""

import json
import math
from typing import Any

_REPLACEMENT = "\ufffd"


def loads(body: bytes) -> Any:  # noqa: ANN401 (JSON)
    """Give what `body` holds, with U+FFFD for halves of surrogate pairs, and whole floats as integers.

    A number that is not finite becomes a text, which no field of numbers takes. Raises ValueError and
    RecursionError for what is not JSON in UTF-8; json.loads(bytes) would guess at other charsets.
    """
    return cleaned(json.loads(body.decode()))


def cleaned(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Give a value of JSON as `loads` does."""
    match value:
        case dict():
            return {_whole(name): cleaned(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (JSON)
        case list():
            return [cleaned(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType] (JSON)
        case str():
            return _whole(value)
        case float():
            if not math.isfinite(value):
                return str(value)
            return int(value) if value.is_integer() else value
        case _:
            return value


def _whole(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
