"""Groups in every shape that providers give them; what can't be understood is no answer, and never an empty one."""

from typing import Any

import pytest

from shareable_backlog.oidc import claims


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        (["staff", "admins"], ("staff", "admins")),
        (["staff", 7, ""], ("staff",)),
        ([], ()),
        ("admins", ("admins",)),
        ("staff, admins", ("staff, admins",)),
        ([{"id": "1", "name": "staff"}, {"id": "2", "name": "admins"}], ("staff", "admins")),
        ([{"value": "1", "display": "staff"}, {"id": "2", "displayName": "admins"}], ("staff", "admins")),
        ({"admins": {"1": "example.com"}, "staff": {}}, ("admins", "staff")),
        ({}, ()),
    ],
)
def test_groups_are_read_in_every_shape_that_providers_give_them(groups: object, names: tuple[str, ...]) -> None:
    assert claims.read_groups({"groups": groups}, "groups") == names


@pytest.mark.parametrize("groups", [None, 7, True, "", {"admins": 1}, [["admins"]], [7], [{"id": "1"}], [None]])
def test_what_can_not_be_understood_is_no_answer(groups: object) -> None:
    assert claims.read_groups({"groups": groups}, "groups") is None
    assert claims.read_groups({}, "groups") is None


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ("roles", {"roles": ["admins"], "groups": ["staff"]}),
        ("realm_access.roles", {"realm_access": {"roles": ["admins"]}}),
        ("https://example.com/groups", {"https://example.com/groups": ["admins"]}),
        ("a.b", {"a.b": ["admins"], "a": {"b": ["staff"]}}),
    ],
)
def test_a_claim_may_have_any_name_and_stand_within_another(claim: str, found: dict[str, Any]) -> None:
    assert claims.read_groups(found, claim) == ("admins",)


@pytest.mark.parametrize("found", [{"realm_access": ["roles"]}, {"realm_access": {}}, {"realm_access": None}])
def test_a_way_to_a_claim_that_leads_nowhere_is_no_answer(found: dict[str, Any]) -> None:
    assert claims.read_groups(found, "realm_access.roles") is None


def test_an_address_of_another_claim_is_never_the_one_that_was_verified() -> None:
    found = {"email": "carol@example.com", "email_verified": True, "upn": "c@example.com"}
    assert claims.choose_email(found, "email") == found
    assert claims.choose_email(found, "upn") == found | {"email": "c@example.com", "email_verified": None}
    assert claims.choose_email(found, "mail")["email"] is None


TOKEN = {"sub": "carol-1", "email": "carol@example.com"}


def test_userinfo_adds_what_the_token_leaves_open_and_nothing_else() -> None:
    userinfo = {"sub": "carol-1", "name": "Carol", "groups": ["admins"]}
    merged = claims.merge_claims(TOKEN | {"groups": ["staff"], "name": None}, userinfo, "groups")
    assert (merged["name"], merged["groups"]) == ("Carol", ["staff"])


@pytest.mark.parametrize("unread", [{}, {"groups": None}, {"groups": 7}, {"realm_access": {"verified": 1}}])
def test_groups_of_userinfo_stand_in_for_those_that_the_token_does_not_tell(unread: dict[str, Any]) -> None:
    merged = claims.merge_claims(TOKEN | unread, {"groups": ["admins"]}, "groups")
    assert claims.read_groups(merged, "groups") == ("admins",)
    within = {"realm_access": {"roles": ["admins"]}}
    merged = claims.merge_claims(TOKEN | unread, within, "realm_access.roles")
    assert claims.read_groups(merged, "realm_access.roles") == ("admins",)


@pytest.mark.parametrize(
    ("token", "userinfo", "verified"),
    [
        ({}, {"email": "carol@example.com", "email_verified": True}, True),
        ({}, {"email": "Carol@Example.com", "email_verified": True}, True),
        ({}, {"email": "mallory@example.com", "email_verified": True}, None),
        ({}, {"email_verified": True}, None),
        ({"email_verified": False}, {"email": "carol@example.com", "email_verified": True}, False),
        ({"email": None, "email_verified": True}, {"email": "carol@example.com"}, None),
    ],
)
def test_whether_an_address_is_verified_says_only_who_gave_that_address(
    token: dict[str, Any], userinfo: dict[str, Any], *, verified: bool | None
) -> None:
    merged = claims.merge_claims(TOKEN | token, userinfo, "groups")
    assert (merged["email"], merged["email_verified"]) == ("carol@example.com", verified)
