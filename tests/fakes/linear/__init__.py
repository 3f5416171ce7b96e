"""Be Linear for tests: its GraphQL API over real HTTP, with a workspace that tests build and faults they script.

    with running() as fake:
        fake.world.add_issue(title="Fix the export")
        fake.fail_next(Fault.RATELIMITED, after=1)
        ...  # ask fake.url with fake.key; fake.requests is what came in

`volume.volume(20_000)` makes a big workspace; `python -m tests.fakes.linear` serves one as its own process.
"""

from tests.fakes.linear.faults import Fault
from tests.fakes.linear.server import FakeLinear, Received, running
from tests.fakes.linear.world import Row, World

__all__ = ["FakeLinear", "Fault", "Received", "Row", "World", "running"]
