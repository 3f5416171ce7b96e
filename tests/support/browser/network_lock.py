"""Let no test change the machine's addresses while another looks at a page.

Chromium breaks off what it loads when an address comes or goes (ERR_NETWORK_CHANGED), on loopback too.
"""

import fcntl
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import gettempdir


@contextmanager
def _hold(name: str, how: int) -> Generator[None]:
    with (Path(gettempdir()) / f"slb-tests-{name}.lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, how)  # until it is closed
        yield


@contextmanager
def keep_addresses() -> Generator[None]:
    """Wait until nobody changes addresses, and hold off who wants to."""
    # Who waits to change them holds the gate, so that pages that follow each other can't keep them waiting for ever.
    with ExitStack() as held:
        with _hold("gate", fcntl.LOCK_EX):
            held.enter_context(_hold("addresses", fcntl.LOCK_SH))
        yield


@contextmanager
def change_addresses() -> Generator[None]:
    """Wait until nobody looks at a page, and let nobody begin meanwhile."""
    with _hold("gate", fcntl.LOCK_EX), _hold("addresses", fcntl.LOCK_EX):
        yield
