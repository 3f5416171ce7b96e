"""Hold what a whole process shares, so that one call makes it as it is in a fresh process."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ProcessState(Generic[T]):
    """One value that all of the process shares: what `make` returns, until somebody sets `value`."""

    def __init__(self, make: Callable[[], T]) -> None:
        self.value = make()
        self._make = make
        self._is_held = False
        _STATES.append(self)

    @contextmanager
    def hold(self, value: T) -> Generator[None]:
        """Set the value for something that outlasts a test, such as a running program: no reset takes it away inside.

        At the end it stays as it is until the next reset.
        """
        self.value, self._is_held = value, True
        try:
            yield
        finally:
            self._is_held = False

    def reset(self) -> None:
        """Make the value anew unless somebody holds it."""
        if not self._is_held:
            self.value = self._make()


_STATES: list[ProcessState[Any]] = []


def reset_process_state() -> None:
    """Make all shared values anew, but for those that somebody holds."""
    for state in _STATES:
        state.reset()
