"""Break what lies between the program and PostgreSQL: connections, and the cable."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from random import Random
from time import sleep

from benchmarks.faults.case import Case, Stage
from benchmarks.faults.installation import Layout, open_installation
from benchmarks.rig import Unavailable, url_of
from tests.fakes.postgres import PrivateServers
from tests.support import cable
from tests.support.cable import Cable
from tests.support.database.cutting import Proxy, cut_connections

_MOST_STATEMENTS = 60


@contextmanager
def open_behind_proxy(servers: PrivateServers, seed: int) -> Generator[Stage]:
    """Yield the program with something between it and its server that can lose a connection at any statement."""
    server = servers.make()
    server.start()
    with (
        cut_connections(server.url) as proxy,
        open_installation(servers, Layout.DIVIDED, seed=seed, server=server, url=url_of(proxy.conninfo)) as made,
    ):
        yield Stage(made, partial(cut_at_statements, proxy))


def cut_at_statements(proxy: Proxy, chance: Random) -> None:
    """Lose three connections, each before a statement or between it and its answer; or let them fall silent."""
    for _ in range(3):
        proxy.expect(
            chance.randint(1, _MOST_STATEMENTS), is_run=chance.random() < 1 / 2, is_silent=chance.random() < 1 / 4
        )
        sleep(0.4)
    proxy.expect(None)


@contextmanager
def open_far(servers: PrivateServers, seed: int) -> Generator[Stage]:
    """Yield the program with its server at the other end of a cable."""
    if not cable.may_lay():
        raise Unavailable("root, network namespaces and the command `ip`")
    with cable.lay() as far:
        server = servers.make(enter=far.enter, host=far.there)
        server.start()
        with open_installation(servers, Layout.ALONE, seed=seed, server=server) as made:
            yield Stage(made, partial(pull_cable, far))


def pull_cable(far: Cable, chance: Random) -> None:
    """Let all packets vanish for up to eight seconds."""
    far.pull()
    sleep(1 + 7 * chance.random())
    far.plug()


CASES = (
    Case(
        name="connections-cut",
        does="three connections are lost at random statements: before, between statement and answer, or silently",
        stands_for="DB-29, AD-08",
        open=open_behind_proxy,
    ),
    Case(
        name="cable-cut",
        does="the network to PostgreSQL loses all packets for one to eight seconds",
        stands_for="DB-06",
        open=open_far,
    ),
)
