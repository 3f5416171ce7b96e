"""Ask a fake as its tests do."""

import ssl
from typing import Any, cast

import httpx2
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from tests.fakes.linear import FakeLinear
from tests.fakes.linear.graphql import service
from tests.fakes.linear.rows import LISTS

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading the certificates takes longer than the request


def post(fake: FakeLinear, query: str, key: str | None = None, **variables: Any) -> httpx2.Response:
    """Send a query."""
    content = {"query": query, "variables": variables}
    return httpx2.post(fake.url, json=content, headers={"Authorization": key or fake.key}, verify=NO_TLS)


def whole(root: str) -> str:
    """Return a list with all that its nodes have, references as `{ id }` and no lists, to be asked for in a query."""
    node = _type(_type(service.schema().query_type, root), "nodes")
    fields = (
        name if is_leaf_type(get_named_type(field.type)) else f"{name} {{ id }}"
        for name, field in node.fields.items()
        if not str(field.type).endswith("Connection!")
    )
    return f"{root}(first: 100, includeArchived: true) {{ nodes {{ {' '.join(fields)} }} }}"


def everything(fake: FakeLinear) -> dict[str, dict[str, dict[str, Any]]]:
    """Return all that the key sees, by list and id; for worlds of up to 100 rows a list."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for root in LISTS:
        answer = post(fake, f"{{ {whole(root)} }}").json()
        assert "errors" not in answer
        found[root] = {node["id"]: node for node in answer["data"][root]["nodes"]}
    return found


def _type(parent: GraphQLObjectType | None, field: str) -> GraphQLObjectType:
    assert parent
    return cast("GraphQLObjectType", get_named_type(parent.fields[field].type))
