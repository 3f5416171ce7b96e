"""The API against its own document: whatever is asked, the answer is one that the document promises."""

from collections.abc import Generator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks as general_checks
from schemathesis.specs.openapi import checks as openapi_checks
from starlette.applications import Starlette

from shareable_backlog import routes
from tests.conftest import create_database
from tests.controllers.api.test_endpoints import ROWS, made
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

pytest_plugins = ("schemathesis.pytest.plugin",)

# Its own types are not complete.
generator: Any = schemathesis
general: Any = general_checks
of_document: Any = openapi_checks

_APP = Starlette()
routes.add_routes(_APP)
SCHEMA = generator.openapi.from_dict(
    _APP.state.build_api_document(),
    config=generator.Config.from_dict(
        {"seed": 7, "generation": {"mode": "all", "deterministic": True, "with-security-parameters": False}}
    ),
)
CHECKS = [
    general.not_a_server_error,
    of_document.status_code_conformance,
    of_document.content_type_conformance,
    of_document.response_schema_conformance,
    of_document.negative_data_rejection,
]


@pytest.fixture(scope="module")
def shared(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo, raises=False) as site:
        let_in(conninfo, "bob")
        site.query(ROWS)
        yield site


@pytest.fixture(scope="module")
def token(shared: Site) -> dict[str, Any]:
    return made(shared, "items", "me")


# The program runs in a thread beside the draws, and its pool draws a delay of its own from `random`.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@SCHEMA.parametrize()
@settings(
    max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
def test_every_answer_is_one_that_the_document_promises(shared: Site, token: dict[str, Any], case: Any) -> None:
    shared.query("DELETE FROM rate_limits")
    sent = case.as_transport_kwargs(base_url=shared.base_url)
    sent["headers"] = dict(sent.get("headers") or {}) | token
    sent.pop("cookies", None)
    answer = shared.client.request(sent["method"], sent["url"], params=sent.get("params"), headers=sent["headers"])
    case.validate_response(answer, checks=CHECKS)
