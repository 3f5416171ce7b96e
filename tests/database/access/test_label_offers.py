"""Labels that an admin has not let through: their items are shown, they are named and offered nowhere."""

from urllib.parse import parse_qsl

import pytest

from shareable_backlog.clock import read_time
from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import label_offers
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import filter_options, known_names
from shareable_backlog.database.backlog.item_list import list_items, read_items
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.database.mirror import mirror
from shareable_backlog.database.projects import labels
from shareable_backlog.services.backlog import filters, item_pages
from shareable_backlog.streams.workspace import LabelRow
from tests.support.mirrored import NOON, item, label, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def fill() -> None:
    """Store an item with a label that is read of, one with another label, one with both, one with none."""
    await store(
        label("open"),
        label("secret"),
        item(1, label_ids=["label-open"]),
        item(2, label_ids=["label-secret"]),
        item(3, label_ids=["label-open", "label-secret"]),
        item(4),
    )
    await query("UPDATE labels SET is_offered = NULL WHERE name = 'secret'")


async def find(text: str) -> list[str]:
    """Return the items that an address finds, by identifier."""
    wanted = ItemQuery(filters.parse_filters(parse_qsl(text)), None, read_time())
    return sorted(one.identifier for one in await list_items(EVERYTHING, wanted, None, 10))


async def test_items_stay_and_their_lines_name_only_what_was_let_through() -> None:
    await fill()
    assert await find("") == ["ENG-1", "ENG-2", "ENG-3", "ENG-4"]
    found = await read_items(EVERYTHING, ["item-ENG-2", "item-ENG-3"])
    named = {one.identifier: [name for name, _ in one.labels] for one in found.values()}
    assert named == {"ENG-2": [], "ENG-3": ["open"]}


async def test_a_filter_does_not_tell_who_has_a_label_that_was_not_let_through() -> None:
    await fill()
    assert await find("label=secret") == []
    assert await find("label=open") == ["ENG-1", "ENG-3"]
    assert await find("-label=secret") == ["ENG-1", "ENG-2", "ENG-3", "ENG-4"]
    assert await find("no=label") == ["ENG-2", "ENG-4"]
    assert await find("has=label") == ["ENG-1", "ENG-3"]


async def test_neither_the_filter_nor_the_api_offers_it() -> None:
    await fill()
    assert (await filter_options.list_options(EVERYTHING)).label == ["open"]
    assert [one.name for one in await labels.list_labels(EVERYTHING, None, 10)] == ["open"]
    known = await known_names.list_known_names(EVERYTHING, ["open", "secret"])
    assert {one.name: one.is_shown for one in known} == {"open": True, "secret": False}


async def test_groups_by_label_put_its_items_where_there_is_none() -> None:
    await fill()
    wanted = ItemQuery(filters.parse_filters([]), None, read_time())
    selection = await item_pages.select_items(EVERYTHING, wanted)
    page = await item_pages.list_groups(selection, "label", closed=(), types=(), skip=0, first=10)
    found = {one.group.value: sorted(each.identifier for each in one.items) for one in page.groups}
    assert found == {"open": ["ENG-1", "ENG-3"], None: ["ENG-2", "ENG-4"]}


async def test_a_new_label_waits_and_a_later_sync_leaves_what_was_decided() -> None:
    await fill()
    assert await label_offers.count_waiting() == 1
    listed = await label_offers.list_labels("", 10)
    assert [(one.name, one.is_offered, one.items) for one in listed] == [("secret", None, 2), ("open", True, 2)]
    async with transaction() as tx:
        await label_offers.save_offers(tx, ["label-secret"], is_offered=False)
        renamed = label("secret", color="#123456")
        await mirror.upsert_rows(tx, LabelRow, [renamed], seen_at=NOON)
    assert await label_offers.count_waiting() == 0
    [secret] = await label_offers.list_labels_by_id(["label-secret"])
    assert (secret.is_offered, secret.color) == (False, "#123456")


async def test_what_the_node_service_decided_by_name_holds_for_the_label_once_it_comes() -> None:
    await query("INSERT INTO adopted_labels VALUES ('open', true), ('secret', false)")
    async with transaction() as tx:
        await mirror.upsert_rows(tx, LabelRow, [label("Open"), label("secret"), label("new")], seen_at=NOON)
    listed = {one.name: one.is_offered for one in await label_offers.list_labels("", 10)}
    assert listed == {"Open": True, "secret": False, "new": None}
