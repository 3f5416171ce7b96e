"""Put clocks wrong: Linear's, and the program's."""

import shutil
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import sleep

from benchmarks.faults.case import Case, Stage, play_on
from benchmarks.faults.installation import Installation, Layout, open_installation
from benchmarks.rig import Unavailable
from tests.fakes.postgres import PrivateServers

_SOURCE = Path(__file__).parents[1] / "ahead.c"
_MOST_WRONG_S = 3 * 3600


def put_linears_wrong(installation: Installation, chance: Random) -> None:
    """Let Linear's clock be up to three hours wrong, or say no time at all."""
    linear = installation.linear
    linear.date_ahead = timedelta(seconds=chance.randint(-_MOST_WRONG_S, _MOST_WRONG_S))
    linear.sends_date = chance.random() < 3 / 4
    sleep(1 + 2 * chance.random())
    linear.date_ahead, linear.sends_date = timedelta(), True


@contextmanager
def open_with_clock(servers: PrivateServers, seed: int) -> Generator[Stage]:
    """Yield the program with a clock that can be put wrong."""
    if not shutil.which("cc"):
        raise Unavailable("a C compiler")
    with TemporaryDirectory() as folder:
        library = Path(folder) / "ahead.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, _SOURCE], check=True)
        settings = {"LD_PRELOAD": str(library), "CLOCK_AHEAD_S": "0"}
        with open_installation(servers, Layout.ALONE, seed=seed, settings=settings) as made:
            yield Stage(made, partial(put_own_wrong, made))


def put_own_wrong(installation: Installation, chance: Random) -> None:
    """Start the program again under a clock that is up to three hours wrong, and stays so."""
    installation.end("serve", signal.SIGTERM)
    installation.settings["CLOCK_AHEAD_S"] = str(chance.randint(-_MOST_WRONG_S, _MOST_WRONG_S))
    installation.start("serve")


CASES = (
    Case(
        name="clock-linear",
        does="Linear's clock is up to three hours wrong, or it says no time",
        stands_for="F7",
        open=play_on(Layout.ALONE, put_linears_wrong),
    ),
    Case(
        name="clock-program",
        does="the program's clock is up to three hours wrong, before and behind the database's",
        stands_for="F8",
        open=open_with_clock,
        allowed=(503, None),
    ),
)
