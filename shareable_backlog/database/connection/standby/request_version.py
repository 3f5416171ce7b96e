"""Remember which version of the mirror the primary had when somebody asked: what a standby must have reached."""

from contextvars import ContextVar
from time import monotonic

_GOOD_FOR_S = 2.0
_NOTED: ContextVar[tuple[str, float] | None] = ContextVar("noted_version", default=None)


def note_version(version: str) -> None:
    """Note for the rest of a request which version the primary has just said it has."""
    _NOTED.set((version, monotonic()))


def forget_version() -> None:
    """Forget it, as when the request has changed something itself, which it has to find afterwards."""
    _NOTED.set(None)


def read_noted_version() -> str | None:
    """Return what was noted within the last two seconds; what goes on for longer has to ask the primary again."""
    noted = _NOTED.get()
    return noted[0] if noted is not None and monotonic() - noted[1] < _GOOD_FOR_S else None
