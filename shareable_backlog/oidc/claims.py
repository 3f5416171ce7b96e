"""Read what providers say of a person in shapes of their own, and join what a token and userinfo say."""

from typing import Any, cast

_NAMES = ("name", "displayName", "display")


def read_groups(found: dict[str, Any], claim: str) -> tuple[str, ...] | None:
    """Return the groups in the claim of this name; None when the provider says nothing that can be understood.

    A list of names, a list of objects with names (SCIM), a single name, or an object that has an object for each
    name (Zitadel). A single name is never divided: a comma may be a part of it. Where no claim has the name, its dots
    lead into objects (`realm_access.roles`, as Keycloak has it).
    """
    groups = found.get(claim)
    if claim not in found:
        groups = found
        for name in claim.split("."):
            groups = cast("dict[str, object]", groups).get(name) if isinstance(groups, dict) else None
    if isinstance(groups, str):
        return (groups,) if groups else None
    if isinstance(groups, dict):
        by_name = cast("dict[str, object]", groups)
        return tuple(by_name) if all(isinstance(one, dict) for one in by_name.values()) else None
    if not isinstance(groups, list):
        return None
    listed = cast("list[object]", groups)
    names = tuple(name for name in map(_read_name, listed) if name)
    return names if names or not listed else None


def choose_email(found: dict[str, Any], claim: str) -> dict[str, Any]:
    """Return claims whose `email` is that of another claim, of which `email_verified` then says nothing."""
    return found if claim == "email" else {**found, "email": found.get(claim), "email_verified": None}


def merge_claims(token: dict[str, Any], userinfo: dict[str, Any], groups_claim: str) -> dict[str, Any]:
    """Return what an ID token says, and what userinfo says where the token is silent."""
    said = {name: value for name, value in token.items() if value is not None}
    if read_groups(token, groups_claim) is None:
        for name in (groups_claim, groups_claim.partition(".")[0]):
            said.pop(name, None)
    # Whether an address is verified says only who gave that very address.
    is_from_token = said.get("email") is not None
    source = said if is_from_token else userinfo
    if is_from_token and "email_verified" not in said and _has_same_email(said, userinfo):
        source = {"email": said["email"], "email_verified": userinfo.get("email_verified")}
    return {**userinfo, **said, **{name: source.get(name) for name in ("email", "email_verified")}}


def _read_name(group: object) -> str | None:
    if isinstance(group, dict):
        named = cast("dict[str, object]", group)
        group = next((named[name] for name in _NAMES if isinstance(named.get(name), str)), None)
    return group if isinstance(group, str) else None


def _has_same_email(token: dict[str, Any], userinfo: dict[str, Any]) -> bool:
    first, second = token["email"], userinfo.get("email")
    return isinstance(first, str) and isinstance(second, str) and first.lower() == second.lower()
