"""Be a workspace that was mirrored and whose webhooks then post what changes; and see what comes of it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from shareable_backlog.config import Secret, Settings
from shareable_backlog.database import query
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.linear.webhooks import verify_delivery
from shareable_backlog.services.mirror import deliveries
from shareable_backlog.services.mirror.deliveries import NewDelivery
from shareable_backlog.sync import deliveries as applying
from shareable_backlog.sync import pull
from shareable_backlog.sync.pull import SyncRequest
from shareable_backlog.tasks import end_tasks
from tests.fakes.linear import FakeLinear, delivery

SECRET = "lin_wh_0tests0secret0one"


class Source:
    """A workspace that was mirrored, and what its webhooks then post."""

    def __init__(self, fake: FakeLinear, settings: Settings) -> None:
        self.world = fake.world
        self.issue = next(iter(fake.world.rows["issues"].values()))
        self._settings = replace(settings, linear_api_url=fake.url, linear_api_key=Secret(fake.key))
        self.inbox = deliveries.Inbox()

    async def pull(self) -> None:
        await pull.run_sync(self._settings, SyncRequest("manual"), lambda _report, _page: None)

    async def post(
        self,
        action: str = "update",
        type_: str = "Issue",
        *,
        at: datetime | None = None,
        id_: str | None = None,
        without: tuple[str, ...] = (),
        before: dict[str, Any] | None = None,
        row: dict[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        """Post what changed in a row, the issue's by default, to `fields`."""
        changed = (row or self.issue) | fields
        headers, body = delivery(
            self.world, action, type_, changed, secret=SECRET, at=at, updated_from=before, id=id_ or str(uuid4())
        )
        found = verify_delivery(body, [headers["Linear-Signature"]], [Secret(SECRET)], at or datetime.now(UTC))
        node = found.node
        if node and without:
            told = {name: value for name, value in json.loads(node).items() if name not in without}
            node = json.dumps(told)
        new = NewDelivery(
            id=headers["Linear-Delivery"],
            body_hash=sha256(body).digest(),
            type=found.type,
            action=found.action,
            happened_at=found.happened_at,
            entity_id=found.entity_id,
            node=node,
            ignored=found.ignored,
        )
        await deliveries.accept_delivery(self.inbox, new)


async def list_values(column: str = "title") -> list[Any]:
    found = await query("SELECT to_jsonb(i) FROM backlog_items i WHERE removed_at IS NULL ORDER BY number")
    return [row[column] for (row,) in found]


async def outcomes() -> list[tuple[str | None, str | None]]:
    return [
        (outcome, reason)
        for outcome, reason in await query(
            "SELECT outcome, reason FROM webhook_deliveries ORDER BY received_at, happened_at"
        )
    ]


def later(source: Source, seconds: float = 1) -> str:
    """Return a time after the issue's last change, as Linear writes it."""
    changed = datetime.fromisoformat(source.issue["updatedAt"]) + timedelta(seconds=seconds)
    return changed.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextlib.asynccontextmanager
async def apply_in_background(source: Source) -> AsyncGenerator[None]:
    """Apply what arrives, as the server does."""
    looked = asyncio.Event()
    tasks = [
        asyncio.create_task(work)
        for work in (schema_watch.watch_schema(looked), applying.keep_applying(source.inbox.arrived))
    ]
    try:
        await looked.wait()
        yield
    finally:
        await end_tasks(*tasks)


async def wait_until_shown(title: str) -> None:
    async with asyncio.timeout(10):
        while await list_values() != [title]:  # noqa: ASYNC110 (another transaction's commit)
            await asyncio.sleep(0.01)
