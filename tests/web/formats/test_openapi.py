"""The document of an API says what its handlers take and answer."""

import json
import re
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct

from shareable_backlog import __version__
from shareable_backlog.web.formats.openapi import Fault, OperationDescription, Refusal, build_document


class Nothing(Struct, frozen=True):
    """No parameters."""


class PetsQuery(Struct, frozen=True):
    """Which pets are asked for."""

    kind: Annotated[str, Meta(description="Give a kind.", max_length=5)] = "cat"
    limit: Annotated[int, Meta(description="Give 1 to 100.", ge=1, le=100)] = 20


class Owner(Struct, frozen=True):
    """Who has pets."""

    name: str
    phone: str | None


class Pet(Struct, frozen=True):
    """A pet."""

    name: str
    owner: Owner | None = None


PETS = OperationDescription("list_pets", "List  pets,\n    the oldest first.", PetsQuery, list[Pet], "pets")
PET = OperationDescription("show_pet", "Show a pet.", Nothing, Pet, "pets")
OWNER = OperationDescription("show_owner", "Show an owner.", Nothing, Owner, None)
DOCUMENT = build_document({"/pets": PETS, "/pets/{name}": PET, "/pets/{name}/owners/{owner}": OWNER})


def get_operation(path: str) -> dict[str, Any]:
    [(method, described)] = DOCUMENT["paths"][path].items()
    assert method == "get"
    return described


def get_answer(path: str) -> Any:
    return get_operation(path)["responses"]["200"]["content"]["application/json"]["schema"]


def test_it_names_its_format_and_the_programs_version() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["version"] == __version__


def test_it_has_the_routes_in_the_order_given() -> None:
    assert list(DOCUMENT["paths"]) == ["/pets", "/pets/{name}", "/pets/{name}/owners/{owner}"]


def test_an_operation_is_called_as_its_handler_and_described_in_one_line() -> None:
    described = get_operation("/pets")
    assert (described["operationId"], described["summary"]) == ("list_pets", "List pets, the oldest first.")


def test_a_parameter_of_the_query_has_its_description_its_limits_and_its_default() -> None:
    assert get_operation("/pets")["parameters"] == [
        {
            "name": "kind",
            "in": "query",
            "description": "Give a kind.",
            "schema": {"type": "string", "maxLength": 5, "default": "cat"},
        },
        {
            "name": "limit",
            "in": "query",
            "description": "Give 1 to 100.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        },
    ]


@pytest.mark.parametrize(
    ("path", "names"), [("/pets/{name}", ["name"]), ("/pets/{name}/owners/{owner}", ["name", "owner"])]
)
def test_what_stands_in_braces_is_a_required_parameter_of_the_path(path: str, names: list[str]) -> None:
    assert get_operation(path)["parameters"] == [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
    ]


def test_a_route_that_a_token_has_to_be_made_for_says_which_right_it_needs() -> None:
    assert get_operation("/pets")["security"] == [{"token": ["pets"]}]
    assert DOCUMENT["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_a_route_for_everybody_asks_for_no_token() -> None:
    assert get_operation("/pets/{name}/owners/{owner}")["security"] == []


def test_each_route_says_what_it_answers_itself() -> None:
    assert get_answer("/pets") == {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    assert get_answer("/pets/{name}") == {"$ref": "#/components/schemas/Pet"}
    assert get_answer("/pets/{name}/owners/{owner}") == {"$ref": "#/components/schemas/Owner"}


def test_structures_are_described_once_and_refer_to_each_other() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas) == {"Pet", "Owner", "Refusal", "Fault"}
    assert {"$ref": "#/components/schemas/Owner"} in schemas["Pet"]["properties"]["owner"]["anyOf"]
    assert schemas["Owner"]["required"] == ["name", "phone"]


def test_every_refusal_is_described_once_with_its_words_and_its_form() -> None:
    responses = DOCUMENT["components"]["responses"]
    assert list(responses) == ["400", "401", "403", "404", "429", "503"]
    for response in responses.values():
        assert response["description"].endswith(".")
        assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Refusal"}


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_only_a_route_that_names_something_may_find_nothing(path: str) -> None:
    refusals = ["400", "401", "403", *(["404"] if "{" in path else []), "429", "503"]
    responses = get_operation(path)["responses"]
    assert list(responses) == ["200", *refusals]
    for status in refusals:
        assert responses[status] == {"$ref": f"#/components/responses/{status}"}


def test_every_reference_leads_to_something() -> None:
    references = re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(DOCUMENT))
    assert references
    for reference in references:
        found: Any = DOCUMENT
        for part in reference.split("/"):
            found = found[part]


def test_a_refusal_has_the_form_that_errors_have() -> None:
    refusal = Refusal(Fault("Wrong.", "INVALID_INPUT", {"field": "a"}))
    assert msgspec.json.encode(refusal) == (
        b'{"error":{"message":"Wrong.","code":"INVALID_INPUT","details":{"field":"a"}}}'
    )
