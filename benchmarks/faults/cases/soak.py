"""Let weeks go by in minutes: each round is some minutes further on, and most have a fault of some kind."""

from random import Random

from benchmarks.faults.case import Case, Fault, play_on
from benchmarks.faults.cases import clocks, kills, linear, postgres
from benchmarks.faults.installation import Installation, Layout

_ROUND_STANDS_FOR_S = 180
_FAULTS: tuple[tuple[Fault | None, int], ...] = (
    (None, 6),
    (postgres.restart, 4),
    (postgres.kill_server, 2),
    (postgres.turn_read_only, 1),
    (linear.lie, 4),
    (clocks.put_linears_wrong, 2),
    (linear.be_down, 1),
    (kills.kill_worker, 1),
)
"""What comes, and how often beside the others."""


def go_on(installation: Installation, chance: Random) -> None:
    """Let some minutes pass, and then something happen, or nothing."""
    with installation.server.connect() as admin:
        admin.execute(
            "UPDATE sync_history SET started_at = started_at - %(by)s::interval,"
            " completed_at = completed_at - %(by)s::interval, retry_at = retry_at - %(by)s::interval"
            " WHERE completed_at IS NOT NULL",
            {"by": f"{_ROUND_STANDS_FOR_S} s"},
        )
    installation.linear.world.pass_time(_ROUND_STANDS_FOR_S)
    [fault] = chance.choices([fault for fault, _ in _FAULTS], [weight for _, weight in _FAULTS])
    if fault:
        fault(installation, chance)


CASES = (
    Case(
        name="soak",
        does="a server with two workers, each round three minutes on: restarts, crashes, lies, wrong clocks, kills",
        stands_for="OP-07, M7",
        open=play_on(Layout.WORKERS, go_on),
        allowed=(503, None),
    ),
)
