"""Say what may happen: changes of the source, runs, and what goes wrong in them."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hypothesis import strategies as st

from tests.fakes.linear import Bump, Fault
from tests.fakes.linear.refusing import Shape, Way
from tests.fakes.linear.rows import LISTS
from tests.sync.model.changes import Change, changes

# The others take seconds each, and are shown to fail a run by the tests of the client.
_FAULTS = (
    *(Fault.AUTHENTICATION, Fault.FORBIDDEN, Fault.RATELIMITED, Fault.PLAIN_429, Fault.BARE_429),
    *(Fault.VALIDATION_FAILED, Fault.INTERNAL_ERROR, Fault.BAD_GATEWAY, Fault.EMPTY, Fault.TRUNCATED_JSON),
    *(Fault.WRONG_CHARSET, Fault.PARTIAL, Fault.NULL_NODE, Fault.NULL_CONNECTION, Fault.STUCK_CURSOR),
    *(Fault.REDIRECT, Fault.DISCONNECT, Fault.WRONG_TYPE),
)


@dataclass(frozen=True, slots=True)
class Refuse:
    """What of the list `root` is refused during a run: all of it, a field of all nodes, a node, or a field of one."""

    root: str
    way: Way
    shape: Shape
    of: Literal["list", "field", "node", "node's field"]
    pick: int
    """Which node it is."""

    @property
    def is_of_list(self) -> bool:
        """Return whether other nodes may be away too: Linear does not say which one it is whose rights lack."""
        is_unnamed = self.shape in {"unnamed", "silent"} and self.way in {"rights", "plan"}
        return self.of in {"list", "field"} or self.way in {"same pages", "empty pages"} or is_unnamed


@dataclass(frozen=True, slots=True)
class Run:
    """How a sync runs; requests are counted from 1, None is never.

    Its first `halvings` requests are refused as too complex, so that its pages have 7, 3 or 1 rows.
    """

    is_full: bool = False
    removals_allowed: bool = False
    halvings: int = 0
    sends_date: bool = True
    date_ahead_s: int = 0
    fault: tuple[Fault, int, int] | None = None
    """What goes wrong, after how many requests that were answered rightly, how often."""
    changes: tuple[tuple[int, Change], ...] = ()
    """What is changed just before which request is answered."""
    forget_cursors_at: int | None = None
    stop_at_request: int | None = None
    stop_at_store: int | None = None
    rival_at: int | None = None
    """At which request somebody else wants a sync too."""
    refused: tuple[Refuse, ...] = ()
    is_automatic: bool = False
    """It asks for what was refused before only when that is due."""
    is_elsewhere: bool = False
    """Another process runs it, and this one is the rival."""
    may_fail: bool = False
    """Something happens that is not said here."""

    @property
    def is_undisturbed(self) -> bool:
        """Return whether nothing happens during the run that may keep it from ending well."""
        return self.is_undisturbed_but_refused and not self.refused

    @property
    def is_undisturbed_but_refused(self) -> bool:
        """Return whether nothing else happens during the run than that Linear refuses some of it."""
        troubles = (self.fault, self.forget_cursors_at, self.stop_at_request, self.stop_at_store, self.rival_at)
        is_asking_all = not self.may_fail and not self.changes and not self.is_automatic
        return is_asking_all and all(trouble is None for trouble in troubles)


Jump: TypeAlias = int
"""By how many seconds the clock of the database jumps."""
Step: TypeAlias = Change | Run | Jump


@dataclass(frozen=True, slots=True)
class History:
    """What Linear does that nobody knows for sure, and what happens, one after the other."""

    bumps: frozenset[Bump]
    trash_archives: bool
    steps: tuple[Step, ...]


def _at(last: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(1, last)


_refused = st.builds(
    Refuse,
    st.sampled_from([*LISTS]),
    st.sampled_from(["rights", "plan", "error", "error", "same pages", "empty pages"]),
    st.sampled_from(Shape.__args__),
    st.sampled_from(["list", "field", "node", "node", "node's field", "node's field"]),
    st.integers(0, 9),
)
_some_trouble = {
    "fault": st.none() | st.tuples(st.sampled_from(_FAULTS), st.integers(0, 12), st.integers(1, 3)),
    "changes": st.lists(st.tuples(st.integers(1, 20), changes), max_size=4).map(tuple),
    "forget_cursors_at": _at(12),
    "stop_at_request": _at(20),
    "stop_at_store": _at(6),
    "rival_at": _at(6),
    "refused": st.lists(_refused, min_size=1, max_size=2).map(tuple),
}
_calm = {
    "is_full": st.booleans(),
    "removals_allowed": st.booleans(),
    "halvings": st.sampled_from([0, 5, 6, 6, 7]),
    "sends_date": st.sampled_from([True, True, True, False]),
    "date_ahead_s": st.sampled_from([0, 0, 0, 7_200, 200_000, -7_200]),
    "is_automatic": st.sampled_from([False, False, True]),
    "is_elsewhere": st.sampled_from([False, False, False, True]),
}


@st.composite
def _runs(draw: st.DrawFn) -> Run:
    """Return a run with one or two kinds of trouble, or none: with all of them hardly a run would come far."""
    troubles = draw(st.lists(st.sampled_from(sorted(_some_trouble)), max_size=2, unique=True))
    chosen = _calm | {name: _some_trouble[name] for name in troubles}
    if "changes" in troubles:
        chosen["date_ahead_s"] = st.just(0)  # what comes during a sweep is told from what was there by Linear's clock
    return draw(st.builds(Run, **chosen))


_jumps = st.sampled_from([360, 7_200, 200_000, -360, -7_200])
_bumps = st.frozensets(st.sampled_from(Bump.__args__))

histories: st.SearchStrategy[History] = st.builds(
    History,
    _bumps,
    st.booleans(),
    st.lists(st.one_of(*[changes] * 8, _runs(), _runs(), _jumps), max_size=18).map(tuple),
)
