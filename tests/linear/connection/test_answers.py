import json
from typing import Any

import pytest

from shareable_backlog import logs
from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.connection import answers
from shareable_backlog.linear.errors import (
    AuthenticationFailed,
    Forbidden,
    InvalidQuery,
    LinearUnavailable,
    PartialAnswer,
    RateLimited,
    TooComplex,
)


def refusal(code: str | None, kind: str | None = None, *, message: str = "No", data: Any = None) -> bytes:
    extensions = {name: value for name, value in (("code", code), ("type", kind)) if value}
    return json.dumps({"data": data, "errors": [{"message": message, "extensions": extensions}]}).encode()


@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (refusal("AUTHENTICATION_ERROR"), AuthenticationFailed),
        (refusal(None, "authentication error"), AuthenticationFailed),
        (refusal("RATELIMITED"), RateLimited),
        (refusal("RATELIMITED", data={"issues": {}}), RateLimited),
        (refusal("FORBIDDEN"), Forbidden),
        (refusal("FEATURE_NOT_ACCESSIBLE", "feature not accessible"), Forbidden),
        (refusal("INPUT_ERROR", message="Query too complex: 12345"), TooComplex),
        (refusal("INVALID_INPUT", "invalid input"), InvalidQuery),
        (refusal("GRAPHQL_VALIDATION_FAILED", data={"issues": None}), InvalidQuery),
        (refusal("INTERNAL_SERVER_ERROR"), LinearUnavailable),
        (refusal("A_CODE_OF_TOMORROW"), LinearUnavailable),
        (refusal("INTERNAL_SERVER_ERROR", data={"issues": {"nodes": []}}), PartialAnswer),
        (refusal("FORBIDDEN", data={"issues": {"nodes": []}}), PartialAnswer),
        (b'{"errors": ["words"]}', LinearUnavailable),
        (b'{"errors": [{"extensions": {"code": 7, "type": []}}]}', LinearUnavailable),
    ],
)
def test_an_error_is_known_by_its_code_or_type_at_every_status(
    status: int, body: bytes, error: type[LinearFailed]
) -> None:
    with pytest.raises(error):
        answers.read_data(status, {}, body)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b'{"data": null}', b'{"data": []}', b"\xff{}", b"[" * 100_000]
)
def test_a_body_that_is_no_answer_may_be_asked_for_again(body: bytes) -> None:
    with pytest.raises(LinearUnavailable):
        answers.read_data(200, {}, body)


def test_an_empty_list_of_errors_is_no_error() -> None:
    found = answers.read_data(200, {}, b'{"data": {"a": {"b":  1}}, "errors": []}')
    assert {root: bytes(value) for root, value in found.items()} == {"a": b'{"b":  1}'}


def test_data_of_a_failed_request_are_not_used() -> None:
    with pytest.raises(LinearUnavailable):
        answers.read_data(500, {}, b'{"data": {"a": 1}}')


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthenticationFailed), (403, Forbidden), (429, RateLimited), (408, LinearUnavailable)]
)
def test_an_answer_without_content_is_known_by_its_status(status: int, error: type[LinearFailed]) -> None:
    with pytest.raises(error):
        answers.read_data(status, {}, b"")


@pytest.mark.parametrize("before", range(250, 300, 7))
def test_no_part_of_a_key_that_linear_says_back_is_logged_where_its_words_are_cut(
    capsys: pytest.CaptureFixture[str], before: int
) -> None:
    key = "lin_api_0123456789abcdef0123456789abcdef"
    logs.mask_secret(key)
    with pytest.raises(InvalidQuery):
        answers.read_data(400, {}, refusal("INVALID_INPUT", message="x" * before + key))
    said = capsys.readouterr().err
    assert "linear.query_refused" in said
    assert "lin_api" not in said
