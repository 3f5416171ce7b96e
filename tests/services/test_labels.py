"""Admins decide which labels are read of, with a preview and a record."""

from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.errors import Conflict
from shareable_backlog.services import labels
from shareable_backlog.services.audit.audit_actions import OPERATOR
from tests.support.mirrored import label, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

CHOSEN = {"label-new": True, "label-rude": False, "label-old": False}


async def fill() -> None:
    await store(label("new"), label("rude"), label("old"))
    await query("UPDATE labels SET is_offered = NULL WHERE name <> 'old'")


async def list_records() -> list[Any]:
    return [details for (details,) in await query("SELECT details FROM audit_logs WHERE action = 'labels.reviewed'")]


async def test_a_preview_says_what_would_be_read_of_and_changes_nothing() -> None:
    await fill()
    found = await labels.preview_offers(CHOSEN)
    names = [[one.name for one in part] for part in (found.appearing, found.vanishing, found.kept)]
    assert names == [["new"], ["old"], ["rude"]]
    assert await labels.count_waiting() == 2


async def test_what_is_saved_is_recorded_once_by_name() -> None:
    await fill()
    for _ in range(2):
        await labels.save_offers(OPERATOR, CHOSEN)
    assert await labels.count_waiting() == 0
    assert await list_records() == [
        {
            "labels": 3,
            "before": {"new": "waiting", "old": "let through", "rude": "waiting"},
            "after": {"new": "let through", "old": "not let through", "rude": "not let through"},
        }
    ]


async def test_a_label_that_has_gone_meanwhile_stops_it_all() -> None:
    await fill()
    with pytest.raises(Conflict, match="no longer exists"):
        await labels.save_offers(OPERATOR, {"label-new": True, "label-gone": True})
    assert await labels.count_waiting() == 2


async def test_those_that_wait_come_first_and_can_be_searched_for() -> None:
    await fill()
    page = await labels.list_labels("")
    assert [one.name for one in page.labels] == ["new", "rude", "old"]
    assert (page.waiting, page.has_more) == (2, False)
    assert [one.name for one in (await labels.list_labels("OLD")).labels] == ["old"]
