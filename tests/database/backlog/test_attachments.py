"""What is attached to an item, on a real PostgreSQL."""

from datetime import UTC, datetime

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog import attachments
from tests.support.mirrored import attachment, item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ITEM = item(1)


async def titles(scope: Scope | None = None, limit: int = 10) -> list[str]:
    return [one.title for one in await attachments.list_attachments(scope or EVERYTHING, ITEM.id, limit)]


async def test_attachments_come_oldest_first() -> None:
    await store(ITEM, attachment(2, ITEM), attachment(1, ITEM), attachment(3, item(2)))
    assert await titles() == ["Attachment 1", "Attachment 2"]
    assert await titles(limit=1) == ["Attachment 1"]


async def test_archived_and_removed_attachments_are_left_out() -> None:
    await store(ITEM, attachment(1, ITEM, archived_at=datetime.now(UTC)), attachment(2, ITEM))
    await query("UPDATE attachments SET removed_at = now() WHERE id = 'attachment-2'")
    assert await titles() == []


async def test_attachments_are_shown_only_if_an_admin_shows_them_and_their_item() -> None:
    await store(ITEM, attachment(1, ITEM))
    assert await titles(Scope((1,))) == []
    await query("UPDATE sharing_settings SET shows_attachments = false")
    assert await titles() == []


@pytest.mark.parametrize(
    "url",
    [
        *(
            "javascript:alert(1)",
            "JavaScript://example.com/%0aalert(1)",
            " https://example.com",
            "\nhttps://example.com",
        ),
        *(
            "data:text/html,<script>",
            "//example.com",
            "/path",
            "https:example.com",
            "https:///x",
            "",
            "ftp://example.com",
        ),
        "javascript:alert(1)\nhttps://example.com",
    ],
)
async def test_an_address_that_is_none_of_the_web_is_not_given(url: str) -> None:
    await store(ITEM, attachment(1, ITEM, url=url))
    assert [one.url for one in await attachments.list_attachments(EVERYTHING, ITEM.id, 1)] == [None]


@pytest.mark.parametrize("url", ["https://example.com/a?b=c", "HTTP://example.com"])
async def test_an_address_of_the_web_is_given_as_it_is(url: str) -> None:
    await store(ITEM, attachment(1, ITEM, url=url))
    assert [one.url for one in await attachments.list_attachments(EVERYTHING, ITEM.id, 1)] == [url]
