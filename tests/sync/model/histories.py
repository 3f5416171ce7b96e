"""Say what may happen: changes of the source, runs, and what goes wrong in them."""

from dataclasses import dataclass
from typing import TypeAlias

from hypothesis import strategies as st

from tests.fakes.linear import Bump, Fault
from tests.sync.model.changes import Change, changes

# The others take seconds each, and are shown to fail a run by the tests of the client.
_FAULTS = (
    *(Fault.AUTHENTICATION, Fault.FORBIDDEN, Fault.RATELIMITED, Fault.PLAIN_429, Fault.BARE_429),
    *(Fault.VALIDATION_FAILED, Fault.INTERNAL_ERROR, Fault.BAD_GATEWAY, Fault.EMPTY, Fault.TRUNCATED_JSON),
    *(Fault.WRONG_CHARSET, Fault.PARTIAL, Fault.NULL_NODE, Fault.NULL_CONNECTION, Fault.STUCK_CURSOR),
    *(Fault.REDIRECT, Fault.DISCONNECT, Fault.WRONG_TYPE),
)


@dataclass(frozen=True, slots=True)
class Run:
    """How a sync runs; requests are counted from 1, None is never.

    Its first `halvings` requests are refused as too complex, so that its pages have 7, 3 or 1 rows.
    """

    is_full: bool = False
    removals_allowed: bool = False
    halvings: int = 0
    sends_date: bool = True
    fault: tuple[Fault, int, int] | None = None
    """What goes wrong, after how many requests that were answered rightly, how often."""
    changes: tuple[tuple[int, Change], ...] = ()
    """What is changed just before which request is answered."""
    forget_cursors_at: int | None = None
    stop_at_request: int | None = None
    stop_at_store: int | None = None
    rival_at: int | None = None
    """At which request somebody else wants a sync too."""
    may_fail: bool = False
    """Something happens that is not said here."""

    @property
    def is_undisturbed(self) -> bool:
        """Return whether nothing happens during the run that may keep it from ending well."""
        troubles = (self.fault, self.forget_cursors_at, self.stop_at_request, self.stop_at_store, self.rival_at)
        return not self.may_fail and not self.changes and all(trouble is None for trouble in troubles)


Step: TypeAlias = Change | Run


@dataclass(frozen=True, slots=True)
class History:
    """What Linear does that nobody knows for sure, and what happens, one after the other."""

    bumps: frozenset[Bump]
    trash_archives: bool
    steps: tuple[Step, ...]


def _at(last: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(1, last)


_some_trouble = {
    "fault": st.none() | st.tuples(st.sampled_from(_FAULTS), st.integers(0, 12), st.integers(1, 3)),
    "changes": st.lists(st.tuples(st.integers(1, 20), changes), max_size=4).map(tuple),
    "forget_cursors_at": _at(12),
    "stop_at_request": _at(20),
    "stop_at_store": _at(6),
    "rival_at": _at(6),
}
_calm = {
    "is_full": st.booleans(),
    "removals_allowed": st.booleans(),
    "halvings": st.sampled_from([0, 5, 6, 6, 7]),
    "sends_date": st.sampled_from([True, True, True, False]),
}


@st.composite
def _runs(draw: st.DrawFn) -> Run:
    """Return a run with one or two kinds of trouble, or none: with all of them hardly a run would come far."""
    troubles = draw(st.lists(st.sampled_from(sorted(_some_trouble)), max_size=2, unique=True))
    chosen = _calm | {name: _some_trouble[name] for name in troubles}
    return draw(st.builds(Run, **chosen))


_bumps = st.frozensets(st.sampled_from(Bump.__args__))

histories: st.SearchStrategy[History] = st.builds(
    History,
    _bumps,
    st.booleans(),
    st.lists(st.one_of(changes, changes, changes, changes, _runs()), max_size=18).map(tuple),
)
