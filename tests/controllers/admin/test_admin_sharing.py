"""Sharing over HTTP, in the whole program: what an admin switches off is gone for everybody at once."""

import asyncio
import re
from collections.abc import Generator

import pytest

from shareable_backlog import database as program_database
from shareable_backlog.config import Settings
from shareable_backlog.streams.columns import MirrorRow
from tests.support import running_site
from tests.support.mirrored import comment, item, label, person, store, team
from tests.support.running_site import Site
from tests.support.signed_in import let_in

HIDDEN = item(1, "Locks of the vault", team="SEC", description="heron")
BELOW = item(2, "Doors", parent_id=HIDDEN.id, description="plover", assignee_id="person-Zoe", estimate=8.0)


@pytest.fixture
def site(settings: Settings, database: str) -> Generator[Site]:
    """Yield the program over a small backlog with one private team; alice is an admin, bob a viewer."""
    rows = (team("SEC", private=True), label("vip"), person("Zoe"), HIDDEN, BELOW, comment(1, BELOW, "A remark"))
    asyncio.run(_stored(settings, *rows))
    let_in(database)
    with running_site.run_site(database) as site:
        yield site


async def _stored(settings: Settings, *rows: MirrorRow) -> None:
    async with program_database.open_database(settings):
        await store(*rows)


def fields(page: str, name: str) -> list[str]:
    """Return the values of a page's inputs of this name; of check boxes only those that are checked."""
    inputs = re.findall(rf'<input type="(\w+)" name="{name}" value="([^"]*)"( checked)?', page)
    return [value for kind, value, checked in inputs if kind != "checkbox" or checked]


def previewed(site: Site, *, on: list[str] | None = None, field: list[str] | None = None) -> str:
    """Preview the settings with these switches on; None: those that are on."""
    page = site.get("/admin/sharing", "alice").text
    sent = {name: fields(page, name) for name in ("version", "was", "on", "field")}
    sent |= {name: given for name, given in (("on", on), ("field", field)) if given is not None}
    answer = site.post("/admin/sharing/preview", "alice", **sent)
    assert answer.status_code == 200, answer.text
    return answer.text


def saved(site: Site, preview: str) -> int:
    sent = {name: fields(preview, name) for name in ("version", "change", "field")}
    return site.post("/admin/sharing", "alice", **sent).status_code


def test_a_private_team_is_off_and_answers_like_nothing_at_all(site: Site) -> None:
    assert "team team-SEC" not in fields(site.get("/admin/sharing", "alice").text, "on")
    hidden, unknown = site.get("/items/SEC-1", "bob"), site.get("/items/SEC-9", "bob")
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert _but_for_its_id(hidden.text) == _but_for_its_id(unknown.text)
    assert "Locks" not in site.get("/items/ENG-2", "bob").text
    for path in ("/", "/?team=SEC", "/?q=heron", "/?q=sec-1", "/about", "/items/ENG-2"):
        page = site.get(path, "bob").text
        assert "Locks" not in page
        assert "Team SEC" not in page


def _but_for_its_id(page: str) -> str:
    return re.sub(r"\b[0-9a-f]{8,}\b", "", page)


def test_a_preview_tells_what_would_appear_and_its_button_saves_just_that(site: Site) -> None:
    page = previewed(site, on=["team team-ENG", "team team-SEC", "label label-vip"])
    assert "Locks of the vault" in page
    assert "though it is private in Linear" in page
    assert site.get("/items/SEC-1", "bob").status_code == 404
    assert saved(site, page) == 303
    assert "Locks of the vault" in site.get("/items/SEC-1", "bob").text
    assert "Locks of the vault" in site.get("/items/ENG-2", "bob").text


def test_a_preview_names_the_published_views_that_nobody_would_be_offered(site: Site) -> None:
    site.query(
        "INSERT INTO published_views (name, query, layout, position) VALUES ('The VIPs', 'label=vip', 'list', 1)"
    )
    assert "The VIPs" not in previewed(site)
    page = previewed(site, on=["team team-ENG"])
    assert "would no longer be offered to anybody" in page
    assert "The VIPs" in page


def test_fields_that_are_switched_off_are_on_no_page(site: Site) -> None:
    before = site.get("/items/ENG-2", "bob").text
    assert all(words in before for words in ("plover", "A remark", "Zoe", "8 points"))
    assert saved(site, previewed(site, field=[])) == 303
    after = site.get("/items/ENG-2", "bob").text
    assert not any(words in after for words in ("plover", "A remark", "Zoe", "8 points", "Nobody", "No description"))
    assert "ENG-2" not in site.get("/?q=plover", "bob").text
    assert "not shown" in site.get("/about", "bob").text


def test_the_number_of_what_one_sees_leads_to_a_list_of_so_many(site: Site) -> None:
    [count] = re.findall(r'You see <a href="/\?archived=shown">(\d+) items?</a>', site.get("/about", "bob").text)
    assert site.get("/?archived=shown", "bob").text.count('<li class="item">') == int(count)


def test_a_search_leaves_what_it_does_not_list_as_it_is(site: Site) -> None:
    page = site.get("/admin/sharing?q=vip", "alice").text
    assert fields(page, "was") == ["1 label label-vip"]
    sent = {name: fields(page, name) for name in ("version", "was", "field")}
    assert saved(site, site.post("/admin/sharing/preview", "alice", **sent).text) == 303
    assert site.query("SELECT kind, entity_id, is_shown FROM sharing_rules") == [("label", "label-vip", False)]


def test_a_preview_of_nothing_can_not_be_saved(site: Site) -> None:
    assert "You have not changed anything" in previewed(site)


def test_the_second_of_two_admins_is_told(site: Site) -> None:
    first, second = previewed(site, on=[]), previewed(site, field=[])
    assert (saved(site, first), saved(site, second)) == (303, 409)


@pytest.mark.parametrize(
    "sent", [{}, {"version": "x"}, {"version": "9" * 30}, {"version": "1", "change": "1 secret x"}, {"change": ""}]
)
def test_a_broken_form_is_refused(site: Site, sent: dict[str, str]) -> None:
    assert site.post("/admin/sharing", "alice", **sent).status_code == 400
    assert site.post("/admin/sharing/preview", "alice", was=sent.get("change", "?"), version="1").status_code == 400


@pytest.mark.parametrize("path", ["", "/preview"])
def test_only_admins_choose(site: Site, path: str) -> None:
    assert site.post(f"/admin/sharing{path}", "bob", version="1").status_code == 403
    assert site.get("/admin/sharing", "bob").status_code == 403
    assert site.query("SELECT version FROM sharing_settings") == [(1,)]


def test_a_person_in_a_group_sees_only_its_part(site: Site) -> None:
    group = site.post("/admin/groups", "alice", name="Suppliers").headers["location"].partition("?")[0]
    assert site.post(f"{group}/people", "alice", email="bob@example.com").status_code == 303
    assert site.get("/items/ENG-2", "bob").status_code == 404
    page = site.get(group, "alice").text
    assert fields(page, "on") == []
    sent = {"was": fields(page, "was"), "on": "team team-ENG"}
    assert site.post(f"{group}/rules", "alice", **sent).status_code == 303
    assert fields(site.get(group, "alice").text, "on") == ["team team-ENG"]
    assert site.get("/items/ENG-2", "bob").status_code == 200
    assert "chose for you" in site.get("/about", "bob").text
    assert site.post(f"{group}/delete", "alice", people="0").status_code == 409
    [user] = fields(site.get(group, "alice").text, "user")
    assert site.post(f"{group}/people/out", "alice", user=user).status_code == 303
    assert site.post(f"{group}/name", "alice", name="Roofers").status_code == 303
    assert "Roofers" in site.get("/admin/sharing", "alice").text
    assert site.post(f"{group}/delete", "alice", people="0").status_code == 303
    assert site.get(group, "alice").status_code == 404


@pytest.mark.parametrize("number", ["x", "0", "9" * 20, "-1"])
def test_an_unknown_group_is_not_found(site: Site, number: str) -> None:
    assert site.get(f"/admin/groups/{number}", "alice").status_code == 404
    assert site.post(f"/admin/groups/{number}/delete", "alice", people="0").status_code == 404


def test_names_are_escaped(site: Site) -> None:
    site.query("UPDATE labels SET name = '<script>x'")
    group = site.post("/admin/groups", "alice", name="<b>Bold").headers["location"].partition("?")[0]
    for path in ("/admin/sharing", group):
        page = site.get(path, "alice").text
        assert "&lt;script&gt;x" in page
        assert "<script>x" not in page
    assert "&lt;b&gt;Bold" in site.get(group, "alice").text


def test_what_newcomers_are_given_is_chosen_once_and_offered_from_then_on(site: Site) -> None:
    group = site.post("/admin/groups", "alice", name="Suppliers").headers["location"].partition("?")[0].split("/")[-1]
    page = site.get("/admin/sharing", "alice").text
    assert 'value="nothing" checked' in page.partition('id="newcomers"')[2]
    [version] = site.query("SELECT version FROM sharing_settings")[0]
    sent = {"version": str(version), "sees": "groups", "group": group}
    assert site.post("/admin/sharing/newcomers", "bob", **sent).status_code == 403
    saved = site.post("/admin/sharing/newcomers", "alice", **sent).headers["location"]
    assert "This is what newcomers are given" in site.get(saved, "alice").text
    assert site.post("/admin/sharing/newcomers", "alice", **sent).status_code == 409, "as somebody was faster"
    added = site.get("/admin/people", "alice").text.partition('id="add"')[2]
    assert 'value="groups" checked' in added
    assert f'value="{group}" checked' in added
