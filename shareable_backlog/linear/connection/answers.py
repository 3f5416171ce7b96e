"""Decide what an answer of Linear means: its data, or the error that its content (not its status) names."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

import msgspec

from shareable_backlog import logs
from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.connection import budget, lenient_json
from shareable_backlog.linear.errors import (
    AuthenticationFailed,
    Forbidden,
    InvalidQuery,
    LinearUnavailable,
    PartialAnswer,
    Place,
    RateLimited,
    ServerErred,
    TooComplex,
)

_LOG = logs.get_logger(__name__)

_NOT_UNDERSTOOD = {
    "GRAPHQL_VALIDATION_FAILED",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_ERROR",
    "BAD_USER_INPUT",
    "INPUT_ERROR",
    "INVALID_INPUT",
}
_LONGEST_LOGGED = 300


class _GraphqlAnswer(msgspec.Struct):
    data: dict[str, msgspec.Raw] | None = None
    errors: list[object] | None = None


_DECODER = msgspec.json.Decoder(_GraphqlAnswer)


def read_data(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, msgspec.Raw]:
    """Return the `data` of a whole answer without errors, each root field as the JSON it came in.

    Raises the LinearFailed that any other answer stands for.
    """
    try:
        answer = _decode_answer(body)
    except (ValueError, RecursionError) as error:
        raise _classify_status(status, headers) from error
    if answer.errors:
        raise _classify_errors(answer.errors, answer.data, headers)
    if answer.data is None or status != 200:  # noqa: PLR2004 (HTTP's OK)
        raise _classify_status(status, headers)
    return answer.data


def _decode_answer(body: bytes) -> _GraphqlAnswer:
    body.decode()  # only UTF-8 is JSON, and msgspec looks at the texts inside `data` later
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _DECODER.decode(msgspec.json.encode(lenient_json.parse_json(body)))


def _classify_errors(
    errors: list[object], partial: dict[str, msgspec.Raw] | None, headers: Mapping[str, str]
) -> LinearFailed:
    codes = {code for error in errors for code in _read_codes(error)}
    if "AUTHENTICATION_ERROR" in codes:
        return AuthenticationFailed()
    if "RATELIMITED" in codes:
        return RateLimited(_find_retry_time(headers))
    places = [_read_place(error) for error in errors]
    if partial and any(bytes(root) != b"null" for root in partial.values()):
        return PartialAnswer(places)
    if codes & {"FORBIDDEN", "FEATURE_NOT_ACCESSIBLE"}:
        return Forbidden(places)
    if codes & _NOT_UNDERSTOOD:
        return _classify_refused_query(str(errors), places)
    is_told_where = any(place.path for place in places)
    return PartialAnswer(places) if is_told_where else ServerErred(str(_classify_status(500, headers)), places)


def _read_place(error: object) -> Place:
    """Return where an error is; a path that is none counts as that of the whole request."""
    told: dict[str, object] = cast("dict[str, object]", error) if isinstance(error, dict) else {}
    path, message = told.get("path"), told.get("message")
    steps = cast("list[object]", path) if isinstance(path, list) else []
    return Place(
        tuple(step for step in steps if isinstance(step, str | int)),
        frozenset(_read_codes(told)),
        message if isinstance(message, str) else "",
    )


def _read_codes(error: object) -> set[str]:
    """Return an error's code and type in one spelling: `invalid input` is `INVALID_INPUT`."""
    match error:
        case {"extensions": dict()}:
            extensions = cast("dict[str, dict[str, object]]", error)["extensions"]
            named = (extensions.get("code"), extensions.get("type"))
            return {name.upper().replace(" ", "_") for name in named if isinstance(name, str)}
        case _:
            return set()


def _classify_refused_query(words: str, places: Sequence[Place]) -> LinearFailed:
    if "too complex" in words.lower():
        return TooComplex("Linear rejected a query as too complex. What was mirrored before is kept.")
    _LOG.warning("linear.query_refused", errors=logs.mask_text(words)[:_LONGEST_LOGGED])
    return InvalidQuery(places)


def _classify_status(status: int, headers: Mapping[str, str]) -> LinearFailed:
    match status:
        case 401:
            return AuthenticationFailed()
        case 403:
            return Forbidden()
        case 429:
            return RateLimited(_find_retry_time(headers))
        case 301 | 302 | 303 | 307 | 308:
            return LinearUnavailable(
                "Linear's address answered with a redirect, which is never followed with the key."
                " Check LINEAR_API_URL."
            )
        case _:
            return LinearUnavailable(
                "Linear had an internal error, or its answer was cut off."
                " What was mirrored before is kept; if it keeps happening, check LINEAR_API_URL."
            )


def _find_retry_time(headers: Mapping[str, str]) -> datetime | None:
    return budget.parse_retry_after(headers) or budget.read_budget(headers).available_at
