"""What the place is called, at the cost of no statement a page."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.services import places
from shareable_backlog.services.places import Brand

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def name(text: str) -> None:
    await query("UPDATE settings SET place_name = %(text)s", {"text": text})


async def test_at_first_it_is_the_backlog() -> None:
    assert await places.read_place() == Brand("Backlog", None, None)


async def test_it_is_read_once_for_each_mark_of_the_settings() -> None:
    await name("One")
    assert (await places.read_place("a")).name == "One"
    await name("Two")
    assert (await places.read_place("a")).name == "One"
    assert (await places.read_place("b")).name == "Two"


async def test_without_a_mark_it_may_be_some_seconds_old() -> None:
    await name("One")
    assert (await places.read_place()).name == "One"
    await name("Two")
    assert (await places.read_place()).name == "One"


@pytest.mark.owner
async def test_what_can_not_be_read_is_as_it_was_last() -> None:
    await name("One")
    assert (await places.read_place("a")).name == "One"
    await query("ALTER TABLE settings RENAME TO elsewhere")
    assert (await places.read_place("b")).name == "One"
