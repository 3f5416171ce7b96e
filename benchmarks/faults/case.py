"""Say what a case of the bench is."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from random import Random
from typing import TypeAlias

from msgspec import Struct

from benchmarks.faults.installation import Installation, Layout, open_installation
from benchmarks.faults.traffic import Ledger
from tests.fakes.postgres import PrivateServers

Fault: TypeAlias = Callable[[Installation, Random], None]
"""Breaks something in the middle of a round and mends it, all by choices of the round's own."""


class Stage(Struct, frozen=True):
    """What rounds are played on, and what happens to it; `find_more` returns what else is wrong after a round."""

    installation: Installation
    fault: Callable[[Random], None]
    find_more: Callable[[Ledger], list[str]] = lambda _ledger: []


Opener: TypeAlias = Callable[[PrivateServers, int], AbstractContextManager[Stage]]
"""Opens a stage; it takes the seed. Raises Unavailable where this machine can't."""


class Case(Struct, frozen=True, kw_only=True):
    """One kind of fault; `stands_for` are the numbers of the faults, as the project counts them, that it plays."""

    name: str
    does: str
    stands_for: str
    open: Opener
    allowed: tuple[int | None, ...] = (503,)
    """What a page may answer beside 200; None is no answer."""
    is_once: bool = False
    """Whether a stage is good for one round."""


def play_on(layout: Layout, fault: Fault) -> Opener:
    """Return what opens a stage that needs nothing of its own."""

    @contextmanager
    def open_stage(servers: PrivateServers, seed: int) -> Generator[Stage]:
        with open_installation(servers, layout, seed=seed) as made:
            yield Stage(made, partial(fault, made))

    return open_stage
