"""Let Linear be down, slow, lying or sparing."""

from random import Random
from time import sleep

from benchmarks.faults.case import Case, play_on
from benchmarks.faults.installation import Installation, Layout
from tests.fakes.linear import Fault

_DOWN = (Fault.BAD_GATEWAY, Fault.DISCONNECT, Fault.INTERNAL_ERROR, Fault.EMPTY, Fault.FORBIDDEN)
_SLOW = (Fault.SLOW_DRIP, Fault.SILENCE)
LIES = (
    *(Fault.PARTIAL, Fault.NULL_NODE, Fault.NULL_CONNECTION, Fault.STUCK_CURSOR, Fault.TRUNCATED_JSON),
    *(Fault.WRONG_CHARSET, Fault.WRONG_TYPE, Fault.REDIRECT, Fault.VALIDATION_FAILED),
)
_SPARING = (Fault.RATELIMITED, Fault.PLAIN_429, Fault.BARE_429, Fault.AUTHENTICATION)
_MANY = 1000


def be_down(installation: Installation, chance: Random) -> None:
    """Answer nothing right for some seconds."""
    _answer_wrongly(installation, chance.choice(_DOWN), times=_MANY, for_s=1 + 3 * chance.random())


def be_slow(installation: Installation, chance: Random) -> None:
    """Take a second for each answer, or let one or two never come to their end."""
    installation.linear.delay_s = chance.random()
    _answer_wrongly(installation, chance.choice(_SLOW), times=chance.randint(0, 2), for_s=1 + 2 * chance.random())
    installation.linear.delay_s = 0


def lie(installation: Installation, chance: Random) -> None:
    """Say something wrong in some of the next answers."""
    for _ in range(3):
        installation.linear.fail_next(chance.choice(LIES), after=chance.randrange(6), times=chance.randint(1, 3))
    sleep(2)
    installation.linear.forget_faults()


def be_sparing(installation: Installation, chance: Random) -> None:
    """Refuse all for a while, as when the budget is spent or the key revoked."""
    installation.linear.reset_in_s = 1
    _answer_wrongly(installation, chance.choice(_SPARING), times=_MANY, for_s=1 + 2 * chance.random())


def _answer_wrongly(installation: Installation, fault: Fault, *, times: int, for_s: float) -> None:
    installation.linear.fail_next(fault, times=times)
    sleep(for_s)
    installation.linear.forget_faults()


CASES = (
    Case(
        name="linear-down",
        does="Linear breaks connections off, or answers with 500, 502, 403 or nothing, for one to four seconds",
        stands_for="PO-01, PO-05",
        open=play_on(Layout.ALONE, be_down),
    ),
    Case(
        name="linear-slow",
        does="Linear takes up to a second for each answer; one or two come byte by byte or never",
        stands_for="PO-06",
        open=play_on(Layout.DIVIDED, be_slow),
    ),
    Case(
        name="linear-lying",
        does="up to nine answers of Linear have holes, errors beside data, cut JSON, pages without end, other types",
        stands_for="PO-01, PO-05, F1, F2",
        open=play_on(Layout.DIVIDED, lie),
    ),
    Case(
        name="linear-limited",
        does="Linear refuses for a while: the budget is spent, 429 with and without a time, the key is not known",
        stands_for="PO-03, PO-04",
        open=play_on(Layout.ALONE, be_sparing),
    ),
)
