"""Note the statements that a request runs, for whoever develops; nobody asks for it but `slb serve --dev`."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from msgspec import Struct, field


class TracedStatement(Struct, frozen=True):
    """A statement that ran: what the driver took, how long it took, and how many rows it gave or changed."""

    sql: Any
    params: Any
    duration_ms: float
    rows: int


class Trace(Struct):
    """What one request asked of PostgreSQL, and how often it used kept results in place of a statement."""

    statements: list[TracedStatement] = field(default_factory=list[TracedStatement])
    kept: int = 0

    @property
    def duration_ms(self) -> float:
        """Return how long its statements took together."""
        return sum(one.duration_ms for one in self.statements)


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def trace_statements() -> Generator[Trace]:
    """Yield a trace that fills with what runs inside, in tasks begun inside too."""
    trace = Trace()
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def stop_tracing() -> None:
    """Note nothing more of this request: its answer has begun, and may go on for hours."""
    _current.set(None)


def get_trace() -> Trace | None:
    """Return the trace to write to; None as a rule."""
    return _current.get()
