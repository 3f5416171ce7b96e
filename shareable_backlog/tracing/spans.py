"""Send requests, their statements, requests to Linear and syncs as spans to an OpenTelemetry collector.

Nothing of it is imported without OTEL_EXPORTER_OTLP_ENDPOINT. A span says nothing that a visitor or Linear wrote: of
an address it has the route, of a statement the text without its parameters, of an error that there was one.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

from shareable_backlog import __version__
from shareable_backlog.errors import ConfigurationInvalid
from shareable_backlog.process_state import ProcessState

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

Kind: TypeAlias = Literal["SERVER", "CLIENT", "INTERNAL"]
Attribute: TypeAlias = str | int | float

_NAME = "shareable-linear-backlog"
_LAST_WORDS_S = 3.0
"""So long a stop waits for a collector."""
_TRACER: ProcessState["Tracer | None"] = ProcessState(lambda: None)


@asynccontextmanager
async def send_spans(endpoint: str | None) -> AsyncGenerator[None]:
    """Send what happens inside to the collector at this address, below which it takes `/v1/traces`; None: to nobody.

    What is left is sent at the end, for three seconds at most. Raises ConfigurationInvalid without the extra.
    """
    if endpoint is None:
        yield
        return
    provider = _build_provider(endpoint)
    try:
        with _TRACER.hold(provider.get_tracer(_NAME, __version__)):
            yield
    finally:
        _TRACER.value = None
        # Nobody waits for this thread at the end of the process.
        last_words = threading.Thread(target=provider.shutdown, daemon=True, name="last spans")
        last_words.start()
        await asyncio.to_thread(last_words.join, _LAST_WORDS_S)


def _build_provider(endpoint: str) -> "TracerProvider":
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        fault = "OTEL_EXPORTER_OTLP_ENDPOINT is set, but what sends spans is not installed"
        raise ConfigurationInvalid((f"{fault} (`pip install '{_NAME}[otel]'`)",)) from None
    resource = Resource.create({"service.version": __version__})
    # Neither OTEL_SERVICE_NAME nor OTEL_RESOURCE_ATTRIBUTES says what it is called here.
    if str(resource.attributes["service.name"]).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": _NAME}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


@contextmanager
def open_span(name: str, kind: Kind = "INTERNAL", parent: str | None = None) -> Generator["Span | None"]:
    """Yield the span of what happens inside, None where none is sent; `parent` is the value of a `traceparent`."""
    tracer = _TRACER.value
    if tracer is None:
        yield None
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    # An error's own words may quote what somebody wrote.
    with tracer.start_as_current_span(
        name, context, SpanKind[kind], record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException:
            mark_failed(span)
            raise


def mark_failed(span: "Span") -> None:
    """Let a span be that of an error."""
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR)


def has_open_span() -> bool:
    """Return whether a request or a run is being traced, below which its statements are sent."""
    if _TRACER.value is None:
        return False
    from opentelemetry.trace import get_current_span

    return get_current_span().is_recording()


def add_statements(statements: Sequence[tuple[str, int]], duration_s: float) -> None:
    """Send statements, each with its number of rows, that ended just now, in one round trip that took so long."""
    tracer = _TRACER.value
    if tracer is None:
        return
    from opentelemetry.trace import SpanKind

    ended_ns = time.time_ns()
    began_ns = ended_ns - int(duration_s * 1e9)
    for text, rows in statements:
        attributes: Mapping[str, Attribute] = {
            "db.system.name": "postgresql",
            "db.query.text": text,
            "db.response.returned_rows": max(0, rows),
        }
        verb = text.split(None, 1)[0].upper() if text else "SQL"
        tracer.start_span(verb, kind=SpanKind.CLIENT, attributes=attributes, start_time=began_ns).end(ended_ns)
