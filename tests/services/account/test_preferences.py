"""What people choose for themselves: kept beside whatever else stands in their row, harmless whoever wrote it."""

import asyncio
import json
from typing import Any

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.account import preferences, views
from shareable_backlog.services.account.preferences import USUAL_COLUMNS, Preferences
from tests.support.signed_in import let_in, read_page_user

pytestmark = pytest.mark.anyio


@pytest.fixture
def bob(database: str, live_database: Settings) -> int:
    del live_database
    return let_in(database, "bob")["bob"]


async def row(user_id: int) -> Any:
    [(found,)] = await query("SELECT preferences FROM user_preferences WHERE user_id = %(id)s", {"id": user_id})
    return found


async def stored(user_id: int, value: object) -> None:
    await query(
        "INSERT INTO user_preferences (user_id, preferences) VALUES (%(id)s, %(value)s::jsonb)",
        {"id": user_id, "value": json.dumps(value)},
    )


@pytest.mark.usefixtures("bob")
async def test_without_a_choice_there_is_what_is_usual() -> None:
    assert (await read_page_user("bob")).preferences == Preferences(
        "system", "comfortable", None, None, USUAL_COLUMNS
    )


async def test_what_is_saved_is_there(bob: int) -> None:
    given = [("theme", "dark"), ("density", "compact"), ("time_zone", "Europe/Berlin"), ("locale", "de-CH")]
    await preferences.save_preferences(bob, [*given, ("columns", ""), ("columns", "due"), ("columns", "id")])
    assert (await read_page_user("bob")).preferences == Preferences(
        "dark", "compact", "Europe/Berlin", "de-CH", ("id", "due")
    )


async def test_what_is_not_given_stays(bob: int) -> None:
    await preferences.save_preferences(bob, [("theme", "dark"), ("columns", "id")])
    await preferences.save_preferences(bob, [("density", "compact")])
    chosen = (await read_page_user("bob")).preferences
    assert (chosen.theme, chosen.density, chosen.columns) == ("dark", "compact", ("id",))


async def test_an_empty_value_undoes_a_choice(bob: int) -> None:
    await preferences.save_preferences(bob, [("locale", "de"), ("time_zone", "Asia/Tokyo")])
    await preferences.save_preferences(bob, [("locale", ""), ("time_zone", "")])
    chosen = (await read_page_user("bob")).preferences
    assert (chosen.locale, chosen.time_zone) == (None, None)


async def test_a_list_may_be_without_columns(bob: int) -> None:
    await preferences.save_preferences(bob, [("columns", "")])
    assert (await read_page_user("bob")).preferences.columns == ()


async def test_a_form_that_gives_nothing_changes_nothing(bob: int) -> None:
    await preferences.save_preferences(bob, [("csrf", "x"), ("is_admin", "true")])
    assert await query("SELECT 1 FROM user_preferences") == []


async def test_keys_of_others_survive(bob: int) -> None:
    others = {"views": [{"name": "Mine", "query": "", "new": {"a": None}}], "sidebar": [1, None, {"open": True}]}
    await stored(bob, others)
    await preferences.save_preferences(bob, [("theme", "dark")])
    assert await row(bob) == {**others, "theme": "dark"}


async def test_what_is_no_object_is_replaced(bob: int) -> None:
    await stored(bob, ["theme"])
    await preferences.save_preferences(bob, [("theme", "dark")])
    assert await row(bob) == {"theme": "dark"}


async def test_two_at_once_lose_nothing(bob: int) -> None:
    await asyncio.gather(
        preferences.save_preferences(bob, [("theme", "dark")]),
        views.save_view(bob, "Mine", "team=ENG", "list"),
        preferences.save_preferences(bob, [("density", "compact")]),
        views.save_view(bob, "Other", "team=FLD", "list"),
        preferences.save_preferences(bob, [("locale", "de")]),
    )
    found = await row(bob)
    assert (found["theme"], found["density"], found["locale"]) == ("dark", "compact", "de")
    assert {view["name"] for view in found["views"]} == {"Mine", "Other"}


async def test_choices_are_each_persons_own(bob: int, database: str) -> None:
    let_in(database, "alice")
    await preferences.save_preferences(bob, [("theme", "dark")])
    assert (await read_page_user("alice")).preferences == Preferences()


@pytest.mark.parametrize(
    "value",
    [
        None, [], "theme", 7, {},
        {"theme": None, "density": None, "time_zone": None, "locale": None, "columns": None},
        {"theme": "blue", "density": 1, "time_zone": "Mars/Olympus", "locale": "../../etc", "columns": "id,state"},
        {"theme": ["dark"], "density": {"a": 1}, "time_zone": "../../../etc/passwd", "columns": {"id": True}},
        {"theme": "DARK", "time_zone": "/etc/localtime", "locale": "de" * 500, "columns": [["id"], 7, None]},
        {"time_zone": "Europe", "locale": "d", "columns": ["unheard-of"]},
        {"time_zone": "x" * 5000, "locale": "", "columns": 3.5},
        {"time_zone": "Zürich", "locale": "de_DE"},
        {"time_zone": "", "locale": False},
    ],
)  # fmt: skip
async def test_what_has_no_meaning_is_as_usual(bob: int, value: object) -> None:
    await stored(bob, value)
    assert (await read_page_user("bob")).preferences == Preferences()


async def test_one_damaged_choice_spoils_no_other(bob: int) -> None:
    await stored(bob, {"theme": 1, "density": "compact", "time_zone": "x", "locale": "de", "columns": ["due", "x"]})
    assert (await read_page_user("bob")).preferences == Preferences("system", "compact", None, "de", ("due",))


@pytest.mark.parametrize(
    "field",
    [
        ("theme", "blue"),
        ("density", "COMPACT"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Europe"),
        ("time_zone", "Zürich"),
        ("locale", "de_DE"),
        ("locale", "<script>"),
    ],
)
async def test_what_cant_be_chosen_is_refused_and_nothing_saved(bob: int, field: tuple[str, str]) -> None:
    with pytest.raises(InvalidInput, match="nothing was saved"):
        await preferences.save_preferences(bob, [("columns", "id"), field])
    assert await query("SELECT 1 FROM user_preferences") == []


def test_time_zones_are_places_after_utc() -> None:
    zones = preferences.list_time_zones()
    assert zones[0] == "UTC"
    assert {"Europe/Berlin", "America/New_York", "Asia/Kolkata"} < set(zones)
    assert not any(zone.startswith(("Etc/", "posix/", "right/", "US/")) for zone in zones)
