"""Pages of updates."""

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.services.projects import updates
from shareable_backlog.services.projects.updates import UpdatesQuery
from tests.support.mirrored import item, project, store, update

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_a_page_has_twenty_and_tells_where_the_next_begins() -> None:
    apollo = project("Apollo")
    await store(apollo, item(1, project_id=apollo.id), *(update(number, apollo) for number in range(21)))
    first = await updates.list_updates(EVERYTHING, UpdatesQuery())
    last = await updates.list_updates(EVERYTHING, UpdatesQuery(), first.next_after)
    assert [len(page.updates) for page in (first, last)] == [20, 1]
    assert [one.id for one in last.updates] == ["update-0"]
    assert last.next_after is None
