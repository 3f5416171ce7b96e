"""Write the document of the API (OpenAPI 3.1) from the types of its handlers."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shareable_backlog import __version__

_SCHEMAS = "#/components/schemas/{name}"
_NOT_FOUND = "404"
_REFUSALS = {
    "400": "A parameter is wrong; the message says which.",
    "401": "The token is not valid.",
    "403": "The token doesn't allow that, or this network isn't allowed.",
    _NOT_FOUND: "There is nothing by that name, or you may not see it.",
    "429": "The token made too many requests; Retry-After says when to continue.",
    "503": "The backlog can't be read right now; Retry-After says when to try again.",
}


class OperationDescription(Struct, frozen=True):
    """Of a route what it does, which parameters it takes and what it answers.

    `right` is what a token has to be made for, None when everybody may ask.
    """

    name: str
    doc: str
    query: type[msgspec.Struct]
    answer: Any
    right: str | None


class Fault(msgspec.Struct, frozen=True):
    """What went wrong: in words for people, and by a code for programs."""

    message: str
    code: str
    details: dict[str, Any]


class Refusal(msgspec.Struct, frozen=True):
    """What went wrong."""

    error: Fault


def _describe_parameters(query: type[msgspec.Struct]) -> list[dict[str, Any]]:
    """Return the parameters in the address that a struct takes, each with a description."""
    _, components = msgspec.json.schema_components([query])
    properties: dict[str, dict[str, Any]] = components[query.__name__]["properties"]
    return [
        {"name": name, "in": "query", "description": schema.pop("description"), "schema": schema}
        for name, schema in properties.items()
    ]


def build_document(routes: Mapping[str, OperationDescription], sub_path: str = "") -> dict[str, Any]:
    """Return the document of the routes, which are told by their paths below `sub_path` and all read only."""
    answers = [described.answer for described in routes.values()]
    schemas, components = msgspec.json.schema_components([*answers, Refusal], ref_template=_SCHEMAS)
    refused = schemas[-1]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shareable Linear Backlog",
            "version": __version__,
            "description": "The backlog as its admins share it, read-only. Times are in ISO 8601.",
        },
        **({"servers": [{"url": sub_path}]} if sub_path else {}),
        "paths": {
            path: {"get": _build_operation(path, described, schema)}
            for (path, described), schema in zip(routes.items(), schemas[:-1], strict=True)
        },
        "components": {
            "schemas": components,
            "responses": {status: _build_response(words, refused) for status, words in _REFUSALS.items()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token from your account page."}
            },
        },
    }


def _build_operation(path: str, described: OperationDescription, answer: dict[str, Any]) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    in_path = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    refusals = [status for status in _REFUSALS if names or status != _NOT_FOUND]
    return {
        "operationId": described.name,
        "summary": " ".join(described.doc.split()),
        "security": [{"token": [described.right]}] if described.right else [],
        "parameters": in_path + _describe_parameters(described.query),
        "responses": {
            "200": _build_response("What was requested.", answer),
            **{status: {"$ref": f"#/components/responses/{status}"} for status in refusals},
        },
    }


def _build_response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
