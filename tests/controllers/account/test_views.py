"""The page of saved views, and what its forms do; all of it without JavaScript."""

import html
import re
from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture(scope="module")
def shared(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "erin")
        yield site


@pytest.fixture
def site(shared: Site) -> Site:
    for table in ("user_preferences", "published_views"):
        shared.query(f"DELETE FROM {table}")
    return shared


def saved(site: Site, name: str, persona: str = "bob", **fields: str) -> str:
    """Return where saving leads to."""
    answer = site.post("/views", persona, **{"name": name, "query": "team=ENG", **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def did(site: Site, path: str, persona: str = "bob", **fields: str) -> str:
    """Post a form and return the page that it leads to."""
    answer = site.post(path, persona, **fields)
    assert answer.status_code == 303, answer.text
    return site.get(answer.headers["location"], persona).text


def links(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<h3><a href="([^"]*)" dir="auto">([^<]*)</a>', page)
    return [(html.unescape(address), html.unescape(name)) for address, name in found]


def published_id(site: Site) -> int:
    [(view_id,)] = site.query("SELECT id FROM published_views")
    return view_id


def test_without_views_the_page_says_what_to_do_next(site: Site) -> None:
    page = site.get("/views", "bob").text
    assert "You have no views yet." in page
    assert "For everybody" not in page
    assert "No view is published." in site.get("/views", "alice").text


def test_saving_leads_back_to_what_was_on_the_screen(site: Site) -> None:
    assert saved(site, "Mine") == "/?team=ENG&notice=view-saved"
    assert saved(site, "All", query="") == "/?notice=view-saved"
    assert saved(site, "Board", query="order=due&team=eng", layout="board") == (
        "/board?team=ENG&order=due&notice=view-saved"
    )
    assert links(site.get("/views", "bob").text) == [
        ("/?team=ENG", "Mine"),
        ("/?all", "All"),
        ("/board?team=ENG&order=due", "Board"),
    ]
    assert links(site.get("/views", "alice").text) == []


@pytest.mark.parametrize(
    ("layout", "query", "address"),
    [
        ("roadmap", "team=ENG&months=12&page=2", "/roadmap?months=12&amp;team=ENG"),
        ("changes", "since=30d&kind=new&after=x", "/changes?kind=new&amp;since=30d"),
    ],
)
def test_the_roadmap_and_the_changes_are_saved_and_offered_like_any_view(
    site: Site, layout: str, query: str, address: str
) -> None:
    page = site.get(saved(site, "Mine", layout=layout, query=query), "bob").text
    assert f'<a href="{address}" dir="auto" aria-current="page">Mine</a>' in page
    assert 'name="layout" value="' + layout in page
    did(site, "/views/default", view="Mine")
    assert site.get("/", "bob").headers["location"] == address.replace("&amp;", "&")
    page = site.get("/views", "bob").text
    assert f'href="{address}"' in page


def test_a_view_says_in_words_what_it_shows(site: Site) -> None:
    saved(site, "Mine", query="-label=<b>&no=due&q=printer")
    page = site.get("/views", "bob").text
    assert 'Label not <span dir="auto">&lt;b&gt;</span>' in page
    assert 'Search <span dir="auto">printer</span>' in page


def test_a_view_says_its_days_as_all_days_are_said(site: Site) -> None:
    saved(site, "Mine", query="completed=..2026-06-01&since=2026-05-10")
    page = site.get("/views", "bob").text
    assert 'Completed <span dir="auto">until 1 Jun 2026</span>' in page
    assert 'Since <span dir="auto">10 May 2026</span>' in page


def test_a_name_in_use_is_asked_about_before_anything_is_replaced(site: Site) -> None:
    saved(site, "Mine")
    answer = site.post("/views", "bob", name="mine", query="team=OPS&q=%22", layout="board")
    assert answer.status_code == 409
    form = answer.text.partition("<main")[2].partition("</form>")[0]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert links(site.get("/views", "bob").text) == [("/?team=ENG", "Mine")]
    given = {name: html.unescape(value) for name, value in fields.items()}
    assert site.post("/views", "bob", **given).status_code == 303
    assert links(site.get("/views", "bob").text) == [("/board?q=%22&team=OPS", "Mine")]


def test_views_are_renamed_moved_and_begun_with(site: Site) -> None:
    saved(site, "A")
    saved(site, "B")
    assert "view was moved" in did(site, "/views/move", view="B", to="up")
    assert "was renamed" in did(site, "/views/rename", view="B", name="C & D")
    page = did(site, "/views/default", view="C & D")
    assert [name for _, name in links(page)] == ["C & D", "A"]
    assert page.count(">Default<") == 1
    assert ">Default<" not in did(site, "/views/default", view="")


def test_a_deleted_view_can_be_brought_back_from_the_next_page(site: Site) -> None:
    saved(site, "<A>")
    page = did(site, "/views/delete", view="<A>")
    assert '<b dir="auto">&lt;A&gt;</b> was deleted' in page
    assert "Restore it" in page
    assert "Restore it" not in site.get("/views", "bob").text
    assert "The view was restored." in did(site, "/views/bring-back")
    assert [name for _, name in links(site.get("/views", "bob").text)] == ["<A>"]


def test_nobody_can_touch_the_views_of_others(site: Site) -> None:
    saved(site, "Mine")
    for path, fields in (
        ("/views/rename", {"name": "Yours"}),
        ("/views/move", {"to": "up"}),
        ("/views/default", {}),
        ("/views/delete", {}),
    ):
        assert site.post(path, "erin", view="Mine", **fields).status_code == 404
    assert site.post("/admin/views", "alice", view="Mine").status_code == 404
    assert site.post("/views/bring-back", "erin").status_code == 404
    assert [name for _, name in links(site.get("/views", "bob").text)] == ["Mine"]


def test_an_admin_reads_by_which_name_a_view_is_kept_from_whom(site: Site) -> None:
    site.query("INSERT INTO projects (id, name, created_at, updated_at) VALUES ('apollo', 'Apollo', now(), now())")
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'apollo', false)")
    site.post("/views", "alice", name="Launch", query="project=Apollo")
    did(site, "/admin/views", "alice", view="Launch")
    told = site.get("/views", "alice").text
    assert "Offered to nobody. It names" in told
    assert '<b dir="auto">Apollo</b>, hidden from everybody.' in told
    assert "Apollo" not in site.get("/views", "bob").text
    site.query("DELETE FROM projects")
    site.query("DELETE FROM sharing_rules")


def test_an_admin_publishes_renames_and_unpublishes(site: Site) -> None:
    saved(site, "Bugs", "alice", query="label=bug")
    assert "everybody can find it here" in did(site, "/admin/views", "alice", view="Bugs")
    at = f"/admin/views/{published_id(site)}"
    did(site, f"{at}/rename", "alice", name="All bugs")
    did(site, f"{at}/move", "alice", to="up")
    page = site.get("/views", "bob").text
    assert links(page) == [("/?label=bug", "All bugs")]
    assert "/admin/" not in page
    assert "was copied to yours" in did(site, "/views/copy", published=str(published_id(site)))
    assert "no longer published" in did(site, f"{at}/unpublish", "alice")
    assert links(site.get("/views", "bob").text) == [("/?label=bug", "All bugs")]


def test_viewers_publish_nothing_and_it_is_on_record(site: Site) -> None:
    saved(site, "Mine")
    assert site.post("/admin/views", "bob", view="Mine").status_code == 403
    assert site.query("SELECT count(*) FROM published_views") == [(0,)]
    assert site.query("SELECT outcome FROM audit_logs ORDER BY id DESC LIMIT 1") == [("refused",)]


def test_views_that_somebody_wrote_by_hand_break_no_page(site: Site) -> None:
    site.query(
        "INSERT INTO user_preferences (user_id, preferences)"
        " SELECT id, %s::jsonb FROM users WHERE email = 'bob@example.com'",
        '{"default_view": "\\"><script>",'
        ' "views": [7, {"name": "\\"><script>", "query": "\\"><script>&%ff=%zz;=&&=#"},'
        '{"name": "No\\nquery"}, {"name": "Two\\nlines", "query": "type=odd&type"}, {"name": "Cinema", "query": "",'
        ' "layout": "cinema"}]}',
    )
    answer = site.get("/views", "bob")
    assert answer.status_code == 200
    assert "<script>&" not in answer.text
    assert [name for _, name in links(answer.text)] == ['"><script>', "Two\nlines"]
    assert "was deleted" in did(site, "/views/delete", view="Two\r\nlines")
    assert "was renamed" in did(site, "/views/rename", view='"><script>', name="Plain")


def test_the_api_gives_ones_own_views_and_the_published_ones(site: Site) -> None:
    saved(site, "Mine")
    saved(site, "Bugs", "alice", query="label=bug", layout="board")
    did(site, "/admin/views", "alice", view="Bugs")
    assert site.get("/api/v1/views", "bob").json()["data"] == [
        {"name": "Mine", "query": "team=ENG", "layout": "list", "is_published": False},
        {"name": "Bugs", "query": "label=bug", "layout": "board", "is_published": True},
    ]
