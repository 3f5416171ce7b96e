"""Be Linear for tests: its GraphQL API over real HTTP, with a workspace that tests build and faults they script.

    with running() as fake:
        fake.world.add_issue(title="Fix the export")
        fake.fail_next(Fault.RATELIMITED, after=1)
        ...  # ask fake.url with fake.key; fake.requests is what came in
        headers, body = delivery(fake.world, "create", "Issue", issue, secret="...")  # what Linear's webhook posts

`volume.volume(20_000)` makes a big workspace; `python -m tests.fakes.linear` serves one as its own process.
"""

from tests.fakes.linear.faults import Fault
from tests.fakes.linear.refusing import Refusing
from tests.fakes.linear.rows import Row
from tests.fakes.linear.server import FakeLinear, Received, run_linear
from tests.fakes.linear.store import Bump
from tests.fakes.linear.webhooks import delivery
from tests.fakes.linear.world import World

__all__ = ["Bump", "FakeLinear", "Fault", "Received", "Refusing", "Row", "World", "delivery", "run_linear"]
