"""What an OpenTelemetry collector is told: requests with their statements, syncs with theirs, and nobody's words."""

import socket
import subprocess
import sys
import time
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from shareable_backlog import database
from shareable_backlog.config import Settings
from shareable_backlog.errors import ConfigurationInvalid
from shareable_backlog.tracing import spans
from tests.fakes.linear import run_linear
from tests.support import pulling, running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at) VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 't1', now(), now());
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STOPS_WITHIN_S = 6.0


class Collector:
    """Take spans as a collector does, over HTTP on this machine."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        taken = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                taken.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (as it is called there)
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def serve(self) -> None:
        self._server.serve_forever(0.01)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def list_spans(self) -> list[Span]:
        requests = map(ExportTraceServiceRequest.FromString, self.bodies)
        return [
            one
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for one in scope.spans
        ]

    def list_services(self) -> set[str]:
        requests = map(ExportTraceServiceRequest.FromString, self.bodies)
        found = (
            one for request in requests for resource in request.resource_spans for one in resource.resource.attributes
        )
        return {one.value.string_value for one in found if one.key == "service.name"}

    def find(self, name: str) -> Span:
        [found] = [one for one in self.list_spans() if one.name == name]
        return found

    def list_below(self, parent: Span) -> list[Span]:
        return [one for one in self.list_spans() if one.parent_span_id == parent.span_id]


@pytest.fixture
def collector() -> Generator[Collector]:
    collector = Collector()
    thread = Thread(target=collector.serve)
    thread.start()
    yield collector
    collector.close()
    thread.join()


def attributes(span: Span) -> dict[str, str | int]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def fill(site: Site) -> Site:
    let_in(site.conninfo, "bob")
    site.query(ROWS)
    return site


def test_a_request_is_a_span_with_its_statements_below_it(database: str, collector: Collector) -> None:
    with running_site.run_site(database, {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}) as site:
        answer = fill(site).get("/items/ENG-1", "bob")
    span = collector.find("GET /items/{identifier}")
    assert attributes(span) == {
        "http.request.method": "GET",
        "http.route": "/items/{identifier}",
        "http.response.status_code": 200,
        "slb.request_id": answer.headers["x-request-id"],
    }
    below = collector.list_below(span)
    texts = [str(attributes(one)["db.query.text"]) for one in below]
    assert any("FROM sessions s" in text for text in texts)
    assert any(text.startswith("INSERT INTO audit_logs") for text in texts)
    assert all(span.start_time_unix_nano <= one.start_time_unix_nano <= one.end_time_unix_nano for one in below)


def test_nothing_stands_in_a_span_that_a_visitor_or_linear_wrote(database: str, collector: Collector) -> None:
    with running_site.run_site(database, {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}) as site:
        fill(site).get("/?q=roof+of+the+barn", "bob")
        site.get("/items/ENG-1", "bob")
        site.get("/sign-in/link/0123456789abcdef")
    assert len(collector.list_spans()) > 10
    for words in (b"bob", b"barn", b"Fix the roof", b"ENG-1", b"0123456789abcdef"):
        assert not [body for body in collector.bodies if words in body], words


def test_an_error_nobody_foresaw_marks_the_span_without_its_words(
    database: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("the barn is on fire")

    monkeypatch.setattr("shareable_backlog.services.backlog.items.read_item_page", fail)
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    with running_site.run_site(database, given, raises=False) as site:
        assert fill(site).get("/items/ENG-1", "bob").status_code == 500
    span = collector.find("GET /items/{identifier}")
    assert (span.status.code, span.status.message, list(span.events)) == (2, "", [])
    assert not [body for body in collector.bodies if b"on fire" in body]


@pytest.mark.parametrize(("proxies", "goes_on"), [("127.0.0.1", True), ("192.0.2.1", False)])
def test_a_trace_goes_on_that_a_trusted_proxy_began(
    proxies: str,
    goes_on: bool,  # noqa: FBT001 (a case of the test)
    database: str,
    collector: Collector,
) -> None:
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "TRUSTED_PROXIES": proxies}
    with running_site.run_site(database, given) as site:
        fill(site).get("/about", "bob", traceparent=PARENT)
    span = collector.find("GET /about")
    assert (span.trace_id.hex() == PARENT.split("-")[1]) is goes_on
    assert (span.parent_span_id.hex() == PARENT.split("-")[2]) is goes_on


def test_what_goes_on_for_ever_fills_no_traces(database: str, collector: Collector) -> None:
    with running_site.run_site(database, {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}) as site:
        fill(site)
        time.sleep(1.5)  # the probe asks each second
    assert [one.name for one in collector.list_spans() if not one.parent_span_id] == []


@pytest.mark.anyio
async def test_a_sync_is_a_span_with_its_requests_to_linear(live_database: Settings, collector: Collector) -> None:
    with run_linear() as fake:
        async with spans.send_spans(collector.url):
            await pulling.run_sync(live_database, fake)
    span = collector.find("sync")
    assert attributes(span)["slb.trigger"] == "manual"
    names = {one.name for one in collector.list_below(span)}
    assert "SELECT" in names
    assert any(name.startswith("Linear ") for name in names)
    assert not [body for body in collector.bodies if fake.key.encode() in body]


@pytest.mark.anyio
@pytest.mark.parametrize(("given", "called"), [(None, "shareable-linear-backlog"), ("board", "board")])
async def test_the_service_is_called_as_it_is_or_as_the_environment_says(
    given: str | None, called: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given:
        monkeypatch.setenv("OTEL_SERVICE_NAME", given)
    async with spans.send_spans(collector.url):
        with spans.open_span("here"):
            pass
    assert collector.list_services() == {called}


@pytest.mark.anyio
async def test_a_collector_that_is_silent_costs_a_stop_three_seconds_at_most(
    live_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    del live_database
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "4")
    # It takes connections and says nothing.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with spans.send_spans(f"http://127.0.0.1:{silent.getsockname()[1]}"):
            with spans.open_span("here"):
                assert await database.query("SELECT 1") == [(1,)]
            began = time.monotonic()
        assert time.monotonic() - began < STOPS_WITHIN_S
    with spans.open_span("after") as span:
        assert span is None


@pytest.mark.anyio
async def test_without_the_extra_the_program_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(ConfigurationInvalid, match=r"pip install 'shareable-linear-backlog\[otel\]'"):
        async with spans.send_spans("http://192.0.2.1:4318"):
            pytest.fail("it began")


def test_nothing_of_it_is_imported_where_nobody_asks_for_it() -> None:
    words = "import sys, shareable_backlog.app; print([one for one in sys.modules if 'opentelemetry' in one])"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
