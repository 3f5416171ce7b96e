"""Read JSON that holds what strict JSON or PostgreSQL does not, as values that are right or refused later."""

import json
import math
from typing import Any

_REPLACEMENT = "\ufffd"


def parse_json(body: bytes) -> Any:  # noqa: ANN401 (JSON)
    """Return what `body` holds, with U+FFFD for halves of surrogate pairs, and whole floats as integers.

    A number that is not finite becomes a text, which no field of numbers takes. Raises ValueError and
    RecursionError for what is not JSON in UTF-8; json.loads(bytes) would guess at other charsets.
    """
    return clean_value(json.loads(body.decode()))


def clean_value(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return a value of JSON as `parse_json` does."""
    match value:
        case dict():
            return {_replace_surrogates(name): clean_value(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (JSON)
        case list():
            return [clean_value(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType] (JSON)
        case str():
            return _replace_surrogates(value)
        case float():
            if not math.isfinite(value):
                return str(value)
            return int(value) if value.is_integer() else value
        case _:
            return value


def _replace_surrogates(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
