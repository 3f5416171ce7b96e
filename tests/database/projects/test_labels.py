"""The labels that programs are told of."""

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.projects import labels
from tests.support.mirrored import NOON, item, label, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_a_label_that_is_archived_or_that_no_item_has_is_not_named() -> None:
    ids = ["label-bug", "label-old"]
    await store(label("bug"), label("old", archived_at=NOON), label("idle"), item(1, label_ids=ids))
    assert [one.name for one in await labels.list_labels(EVERYTHING, None, 10)] == ["bug"]
