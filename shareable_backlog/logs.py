"""Set up the log: one line an event, JSON for machines or columns for people, secrets masked in every value."""

import logging
import sys
from collections.abc import Callable, Generator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cached_property
from time import monotonic
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast
from urllib.parse import quote, quote_plus, unquote

from shareable_backlog import log_output, plain_text
from shareable_backlog.process_state import ProcessState

if TYPE_CHECKING:
    import structlog

_SECRETS = ProcessState(set[str])
_IS_CONFIGURED = ProcessState(bool)
_STRUCTLOG = ProcessState[ModuleType | None](lambda: None)
_WARNED_AT = ProcessState[dict[tuple[str, str], float]](dict)
_MASK = "***"
_DAY_S = 86_400.0
_SHORTEST_SECRET = 6  # shorter values stand in too many innocent words
_OUR_LOGGERS = __name__.partition(".")[0]
_CONTEXT: ContextVar[Mapping[str, object]] = ContextVar("log_context", default=MappingProxyType({}))


@contextmanager
def log_with(**values: object) -> Generator[None]:
    """Add `values` to every event that is logged inside, in tasks begun inside too; None adds nothing."""
    token = _CONTEXT.set({**_CONTEXT.get(), **{name: value for name, value in values.items() if value is not None}})
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def get_request_id() -> str | None:
    """Return the id of the request that is being answered, or that asked for what is being done; None for none."""
    return cast("str | None", _CONTEXT.get().get("request_id"))


def mask_secret(secret: str) -> None:
    """Replace `secret` by `***` in everything logged from now on; values under 6 characters are ignored.

    It is masked too as a URL or a form would escape it, and unescaped: remote ends say back what they were told.
    """
    if len(secret) >= _SHORTEST_SECRET:
        _SECRETS.value.update((secret, quote(secret), quote(secret, safe=""), quote_plus(secret), unquote(secret)))


def mask_text(text: str) -> str:
    """Return `text` with every secret named to `mask_secret()` replaced by `***`, and without control characters."""
    text = plain_text.replace_controls_of_terminals(text)
    # The longest first: a URL is to vanish whole, not only the password within it.
    for secret in sorted(_SECRETS.value, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    return text


def _add_context(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in _CONTEXT.get().items():
        event.setdefault(name, value)
    return event


def _mask_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if not key.startswith("_"):  # those are structlog's own
            event[key] = _mask_value(value)
    return event


def _mask_value(value: Any) -> Any:  # noqa: ANN401 (whatever is logged)
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return mask_text(value)
        case dict():
            return {_mask_value(key): _mask_value(inner) for key, inner in cast("dict[Any, Any]", value).items()}
        case list() | tuple():
            return [_mask_value(inner) for inner in cast("list[Any] | tuple[Any, ...]", value)]
        case _:
            return mask_text(repr(value))


class Logger:
    """Log events by name with values; `get_logger()` makes one.

    structlog comes in with the first event that is wanted and not before: it takes a quarter of a second to import,
    and most commands log nothing.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **values: object) -> None:
        """Log what only somebody looking for a fault wants to know."""
        self._log(logging.DEBUG, event, values)

    def info(self, event: str, **values: object) -> None:
        """Log what happened."""
        self._log(logging.INFO, event, values)

    def log_plain(self, event: str, values: Mapping[str, str | float | None]) -> None:
        """Log at info what holds no word of others, in a sixth of the time: nothing is masked, and None left out."""
        if self._logger.isEnabledFor(logging.INFO):
            plain = _PlainEvent(event, values)
            self._logger.handle(logging.LogRecord(self._name, logging.INFO, "", 0, plain, None, None))

    def warning(self, event: str, **values: object) -> None:
        """Log what went wrong and was dealt with."""
        self._log(logging.WARNING, event, values)

    def warn_daily(self, event: str, about: str, **values: object) -> None:
        """Log what an operator has to mend and what comes with each request, once a day for each `about`.

        There must be few of those, and none that a stranger can choose.
        """
        warned_at, now = _WARNED_AT.value, monotonic()
        if now - warned_at.get((event, about), -_DAY_S) >= _DAY_S:
            warned_at[event, about] = now
            self.warning(event, **values)

    def error(self, event: str, **values: object) -> None:
        """Log what went wrong and wants a person; `exc_info` adds the traceback of an exception."""
        self._log(logging.ERROR, event, values)

    def _log(self, level: int, event: str, values: dict[str, Any]) -> None:
        if not _IS_CONFIGURED.value or self._logger.isEnabledFor(level):
            _import_structlog().stdlib.get_logger(self._name).log(level, event, **values)


def get_logger(name: str) -> Logger:
    """Return the logger of the module `name`."""
    return Logger(name)


def configure_logs(levels: str, form: Literal["json", "console"], *, queued: bool = False) -> None:
    """Send the product's and its libraries' logs to standard error, as `form`.

    `levels` is the level from which on that is done, and after commas other ones for modules and all below them:
    `info,shareable_backlog.sync=debug`. With `queued` nobody waits for a line to be written: for programs that serve.
    """
    level, *of_modules = levels.split(",")
    _IS_CONFIGURED.value = True
    _STRUCTLOG.value = None
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if queued:
        with suppress(OSError):  # an output that is no file, as in tests
            handler = log_output.QueuedHandler(sys.stderr.fileno(), _tell_of_dropped)
    handler.setFormatter(_LateFormatter(form))
    # No line has them, and each record would ask for them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in [name for name in root.manager.loggerDict if name.startswith(_OUR_LOGGERS)]:
        if (logger := logging.getLogger(name)).level:  # as setting it takes a look at all loggers there are
            logger.setLevel(logging.NOTSET)
    # The driver and its pool name the host; database/connection/probe.py says the same without it.
    for name in ("psycopg", "psycopg.pool"):
        logging.getLogger(name).disabled = True
    # Calls of Linear are logged by linear/connection/client.py, requests by web/; passkeys are in the record.
    for name in ("httpx2", "httpcore2", "uvicorn.access", "fido2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for one in of_modules:
        name, _, own = one.partition("=")
        logging.getLogger(name).setLevel(own.upper())


def _tell_of_dropped(lines: int) -> None:
    get_logger(__name__).warning("log_lines_dropped", lines=lines, note="nobody read the log, or its disk was full")


def _import_structlog() -> ModuleType:
    """Return structlog, imported at first use, whose events go where `configure_logs` says."""
    if _STRUCTLOG.value is not None:
        return _STRUCTLOG.value
    import structlog

    _STRUCTLOG.value = structlog
    if _IS_CONFIGURED.value:
        structlog.configure(
            processors=[
                structlog.stdlib.filter_by_level,
                *_build_processors(),
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )
    return structlog


def _build_processors() -> "list[structlog.types.Processor]":
    import structlog

    return [
        _add_context,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_event,
    ]


class _PlainEvent(NamedTuple):
    """The message of a record that is written as it is."""

    event: str
    values: Mapping[str, str | float | None]


class _LateFormatter(logging.Formatter):
    """The form of the log, made with its first line."""

    def __init__(self, form: Literal["json", "console"]) -> None:
        super().__init__()
        self._form = form

    @cached_property
    def _encode(self) -> Callable[[object], bytes]:
        import msgspec

        return msgspec.json.encode

    @cached_property
    def _formatter(self) -> logging.Formatter:
        import structlog

        renderer: structlog.types.Processor = (
            structlog.processors.JSONRenderer()
            if self._form == "json"
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        )
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_build_processors(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of `record`."""
        if isinstance(record.msg, _PlainEvent):
            return self._format_plain(record, record.msg)
        return self._formatter.format(record)

    def _format_plain(self, record: logging.LogRecord, plain: _PlainEvent) -> str:
        """Return the same line as structlog would, but for the colours of a terminal."""
        timestamp = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        level = record.levelname.lower()
        values = {name: value for name, value in {**plain.values, **_CONTEXT.get()}.items() if value is not None}
        if self._form == "json":
            whole = {**values, "event": plain.event, "level": level, "logger": record.name, "timestamp": timestamp}
            return self._encode(whole).decode()
        shown = " ".join(f"{name}={value}" for name, value in values.items())
        return f"{timestamp} [{level:9}] {plain.event:30} [{record.name}] {shown}"
