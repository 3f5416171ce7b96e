"""Serve a mirror of a fake Linear that has so many issues."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks import rig
from tests.fakes.linear import FakeLinear, World, run_linear
from tests.support.signed_in import let_in


class Mirrored(NamedTuple):
    """A server whose mirror has been filled, what it was started with, and the Linear that it was filled from."""

    address: str
    conninfo: str
    environ: dict[str, str]
    world: World
    linear: FakeLinear


@contextmanager
def serving_issues(count: int, *options: str, **settings: str) -> Generator[Mirrored]:
    """Yield a server with `options` over a database of its own, into which the personas are let."""
    world = World()
    for number in range(count):
        world.add_issue(title=f"Item {number}")
    with rig.server() as server, rig.database(server) as conninfo, run_linear(world) as fake:
        let_in(conninfo)
        environ = rig.environment(
            DATABASE_URL=rig.url_of(conninfo), LINEAR_API_URL=fake.url, LINEAR_API_KEY=fake.key, **settings
        )
        with rig.serving([*rig.SLB, "serve", *options], environ, "/readyz") as address:
            rig.wait_until(conninfo, "SELECT 1 FROM sync_history WHERE status = 'succeeded'")
            yield Mirrored(address, conninfo, environ, world, fake)
