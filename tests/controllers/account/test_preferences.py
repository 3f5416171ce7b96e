"""How a person likes the pages, over HTTP; all of it without JavaScript."""

import json
import re
from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

GERMAN = {"accept-language": "de-DE,de;q=0.9"}


@pytest.fixture(scope="module")
def shared(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "carol")
        site.query(
            "INSERT INTO sync_history (status, trigger_type, started_at, completed_at)"
            " VALUES ('succeeded', 'manual', '2026-03-04 13:02Z', '2026-03-04 13:02Z')"
        )
        yield site


@pytest.fixture
def site(shared: Site) -> Site:
    shared.query("DELETE FROM user_preferences")
    return shared


def save(site: Site, persona: str = "bob", **fields: str | list[str]) -> None:
    answer = site.post("/account/preferences", persona, **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?notice=preferences#preferences")


def chosen(page: str) -> list[str]:
    """Return what is selected on the page of the account, and the columns that are ticked."""
    section = page[page.index('id="preferences"') :].partition("</section>")[0]
    selected = re.findall(r"<option(?: value=\"[^\"]*\")? selected>([^<]*)<", section)
    return selected + re.findall(r'name="columns" value="(\w+)" checked', section)


def test_the_account_shows_what_is_usual(site: Site) -> None:
    usual = ["Same as your system", "Comfortable"]
    columns = ["priority", "id", "state", "labels", "project", "assignee", "updated"]
    assert chosen(site.get("/account", "bob").text) == usual + columns


def test_the_form_saves_and_shows_what_was_saved(site: Site) -> None:
    save(site, theme="dark", density="compact", time_zone="Asia/Tokyo", locale="de", columns=["", "due", "id"])
    page = site.get("/account?notice=preferences", "bob").text
    assert chosen(page) == ["Dark", "Compact", "Asia/Tokyo", "German", "id", "due"]
    assert "Saved. From now on every page looks like this" in page
    assert '<html lang="en" data-theme="dark" data-density="compact">' in page
    assert re.search(r"20\d\d, \d\d:\d\d JST, and numbers look like 1\.234,5\.", page)


def test_single_keys_can_be_switched_off_and_on_again(site: Site) -> None:
    save(site, shortcuts="off")
    page = site.get("/account", "bob").text
    assert re.search("selected[^>]*>Do nothing", page)
    assert ' data-keys="off">' in page
    save(site, shortcuts="")
    assert "data-keys" not in site.get("/account", "bob").text


def test_a_zone_that_is_not_offered_stays_chosen(site: Site) -> None:
    save(site, time_zone="US/Pacific")
    page = site.get("/account", "bob").text
    assert page.count("<option selected>US/Pacific</option>") == 1


@pytest.mark.parametrize(
    "path",
    ["/", "/account", "/admin", "/about", "/roadmap", "/changes", "/views", "/feeds", "/items/NONE-1", "/?after=x"],
)
def test_every_page_has_the_theme(site: Site, path: str) -> None:
    save(site, "alice", theme="dark")
    page = site.get(path, "alice").text
    assert '<html lang="en" data-theme="dark">' in page
    assert '<meta name="color-scheme" content="dark">' in page


@pytest.mark.parametrize(
    "path",
    [
        "/", "/board", "/timeline", "/account", "/about", "/roadmap", "/changes", "/views", "/feeds", "/filters",
        "/trends", "/updates", "/meeting", "/admin", "/admin/people", "/admin/sync", "/admin/sharing", "/admin/audit",
    ],
)  # fmt: skip
def test_every_page_says_how_old_it_is_in_the_readers_zone(site: Site, path: str) -> None:
    save(site, "alice", time_zone="Europe/Berlin", locale="de")
    page = site.get(path, "alice").text
    assert re.search(r'As of 14:02, \s*<time datetime="2026-03-04T13:02\+00:00"', page)
    assert 'title="4. März 2026, 14:02 CET"' in page
    assert "older than usual" in page


def test_who_is_not_approved_learns_nothing_of_the_mirror(site: Site) -> None:
    assert "As of" not in site.get("/account", "carol").text
    save(site, "carol", theme="dark")
    assert 'data-theme="dark"' in site.get("/waiting", "carol").text


def test_the_browsers_zone_counts_until_one_is_chosen(site: Site) -> None:
    tokyo = {"zone": "Asia/Tokyo"}
    assert " JST, and numbers" in site.ask("GET", "/account", "bob", browser=tokyo).text
    save(site, time_zone="Europe/Berlin")
    assert " JST, and numbers" not in site.ask("GET", "/account", "bob", browser=tokyo).text


@pytest.mark.parametrize("zone", ["", "undefined", "../../etc/passwd", "x" * 3000, "Mars/Olympus"])
def test_a_zone_that_is_none_is_taken_for_utc(site: Site, zone: str) -> None:
    assert " UTC, and numbers" in site.ask("GET", "/account", "bob", browser={"zone": zone}).text


def test_the_browsers_language_counts_until_one_is_chosen(site: Site) -> None:
    assert "numbers look like 1.234,5" in site.get("/account", "bob", **GERMAN).text
    save(site, locale="en-US")
    assert "numbers look like 1,234.5" in site.get("/account", "bob", **GERMAN).text


def test_the_list_has_the_columns_of_the_person(site: Site) -> None:
    save(site, columns=["", "due", "created"])
    ticked = re.findall(r'name="columns" value="(\w+)" checked', site.get("/", "bob").text)
    assert ticked == ["due", "created"]
    ticked = re.findall(r'name="columns" value="(\w+)" checked', site.get("/?columns=id", "bob").text)
    assert ticked == ["id"]


def test_a_change_of_mind_is_not_answered_with_what_the_browser_has(site: Site) -> None:
    seen = site.get("/", "bob").headers["etag"]
    save(site, time_zone="Asia/Tokyo")
    assert site.get("/", "bob", **{"if-none-match": seen}).status_code == 200


@pytest.mark.parametrize("field", ["theme", "density", "time_zone", "locale"])
def test_what_cant_be_chosen_is_refused_in_words(site: Site, field: str) -> None:
    answer = site.post("/account/preferences", "bob", **{field: "<script>"})
    assert answer.status_code == 400
    assert "nothing was saved" in answer.text
    assert "<script>" not in answer.text.partition("<main")[2]


@pytest.mark.parametrize("value", [[], 7, {"theme": 1, "time_zone": "../x", "locale": [], "columns": "x"}])
def test_a_damaged_row_gets_every_page(site: Site, value: object) -> None:
    site.query(
        "INSERT INTO user_preferences (user_id, preferences)"
        " SELECT id, %s::jsonb FROM users WHERE email = 'bob@example.com'",
        json.dumps(value),
    )
    assert site.get("/", "bob").status_code == site.get("/account", "bob").status_code == 200


def test_saving_needs_a_form_of_this_site(site: Site) -> None:
    answer = site.ask("POST", "/account/preferences", "bob", data={"theme": "dark"}, origin=site.base_url)
    assert answer.status_code == 403
    assert site.query("SELECT 1 FROM user_preferences") == []
