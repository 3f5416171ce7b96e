"""Play the rounds of a case, and count what was done, lost and held."""

import asyncio
import time
from collections.abc import Callable

from msgspec import Struct, field

from benchmarks.faults import checker, traffic
from benchmarks.faults.case import Case, Stage
from benchmarks.faults.installation import Lost
from benchmarks.faults.leftovers import Held, Watch
from benchmarks.faults.plan import draw_plan, make_chance
from benchmarks.rig import Unavailable
from tests.fakes.postgres import PrivateServers
from tests.support.signed_in import let_in


class Result(Struct, kw_only=True):
    """What became of a case; `more` is the most that a process held beyond its first count."""

    case: Case
    seed: int
    rounds: int = 0
    acts: int = 0
    deliveries: int = 0
    reads: int = 0
    losses: list[str] = field(default_factory=list)
    ready_after_s: float = 0.0
    more: Held = Held(0, 0)
    took_s: float = 0.0
    skipped: str = ""


def play_case(servers: PrivateServers, case: Case, *, seed: int, rounds: int, say: Callable[[str], None]) -> Result:
    """Play a case so many times, on one stage as long as that lasts; `say` is told at once what is lost."""
    result = Result(case=case, seed=seed)
    began = time.monotonic()
    try:
        while result.rounds < rounds:
            with case.open(servers, seed) as stage:
                _play_rounds(stage, result, rounds, say)
    except Unavailable as missing:
        result.skipped = str(missing)
    except Lost as lost:
        result.losses.append(str(lost))
        say(f"  {case.name}, before or after its rounds: {lost}")
    result.took_s = time.monotonic() - began
    return result


def _play_rounds(stage: Stage, result: Result, rounds: int, say: Callable[[str], None]) -> None:
    """Play until that many are played, or the stage is worn out or no longer to be trusted."""
    watch = Watch()
    while result.rounds < rounds:
        losses = _play_round(stage, result, watch)
        result.losses += losses
        for loss in losses:
            say(f"  {result.case.name}, round {result.rounds}: {loss}")
        if losses:
            say(f"  what the processes logged is kept in {stage.installation.keep_logs()}")
        if losses or result.case.is_once:
            return


def _play_round(stage: Stage, result: Result, watch: Watch) -> list[str]:
    """Play the next round and return what is wrong after it."""
    installation, case = stage.installation, result.case
    chance = make_chance(result.seed, case.name, result.rounds)
    plan = draw_plan(chance)
    result.rounds += 1
    let_in(installation.server.url)  # signed in a moment ago, as acts want it
    ledger = traffic.Ledger()
    try:
        ledger = asyncio.run(traffic.play(installation, plan, lambda: stage.fault(chance)))
        installation.linear.forget_faults()
        result.acts += len(ledger.acts)
        result.deliveries += len(ledger.deliveries)
        result.reads += len(ledger.reads)
        result.ready_after_s = max(result.ready_after_s, installation.wait_until_ready())
        losses = asyncio.run(checker.list_losses(installation, ledger, allowed=case.allowed))
        losses += [*stage.find_more(ledger), *watch.list_leftovers(installation)]
    except Lost as lost:
        losses = [*ledger.losses, str(lost)]
    result.more = Held(
        max(result.more.descriptors, watch.most.descriptors), max(result.more.memory_mb, watch.most.memory_mb)
    )
    return losses
