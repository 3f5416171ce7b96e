"""The ways to show the client's secret: which come into question at which provider, and what each one sends."""

import base64

import pytest

from shareable_backlog.oidc.credentials import list_credentials

BASIC, POST, PLAIN = "client_secret_basic", "client_secret_post", "client_secret_basic, not encoded"


@pytest.mark.parametrize(
    ("listed", "ways"),
    [
        (None, [BASIC, POST, PLAIN]),
        ([], [BASIC, POST, PLAIN]),
        ("client_secret_post", [BASIC, POST, PLAIN]),
        ([BASIC], [BASIC, PLAIN]),
        ([POST, BASIC], [BASIC, POST, PLAIN]),
        ([POST], [POST]),
        ([POST, "private_key_jwt"], [POST]),
        (["private_key_jwt"], [BASIC, PLAIN]),
    ],
)
def test_ways_that_a_provider_rules_out_are_not_tried(listed: object, ways: list[str]) -> None:
    found = list_credentials({"token_endpoint_auth_methods_supported": listed}, "backlog", "a+b/c=")
    assert [one.method for one in found] == ways


def test_a_secret_that_is_the_same_encoded_has_one_way_less() -> None:
    assert [one.method for one in list_credentials({}, "backlog", "0secret0")] == [BASIC, POST]


def test_each_way_sends_the_secret_in_its_own_form_and_no_repr_shows_it() -> None:
    basic, post, plain = list_credentials({}, "back log", "a+b/c=")
    pairs = [base64.b64decode(one.headers["Authorization"].removeprefix("Basic ")) for one in (basic, plain)]
    assert pairs == [b"back+log:a%2Bb%2Fc%3D", b"back log:a+b/c="]
    assert (post.headers, dict(post.form)) == ({}, {"client_id": "back log", "client_secret": "a+b/c="})
    assert basic.form == plain.form == {}
    assert "a+b" not in repr(post)
