"""Published views over HTTP: which one is meant, and where it goes."""

from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture(scope="module")
def shared(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo)
        yield site


@pytest.fixture
def site(shared: Site) -> Site:
    """Return it with two published views, A before B."""
    for table in ("user_preferences", "published_views"):
        shared.query(f"DELETE FROM {table}")
    for name in ("A", "B"):
        shared.post("/views", "alice", name=name, query="team=ENG")
        assert shared.post("/admin/views", "alice", view=name).headers["location"] == "/views?notice=published"
    return shared


def names(site: Site) -> list[str]:
    return [name for (name,) in site.query("SELECT name FROM published_views ORDER BY position, id")]


def path_of(site: Site, name: str) -> str:
    [(view_id,)] = site.query("SELECT id FROM published_views WHERE name = %s", name)
    return f"/admin/views/{view_id}"


def test_a_view_moves_up_and_down(site: Site) -> None:
    assert site.post(f"{path_of(site, 'B')}/move", "alice", to="up").headers["location"] == "/views?notice=moved"
    assert names(site) == ["B", "A"]
    site.post(f"{path_of(site, 'B')}/move", "alice", to="down")
    assert names(site) == ["A", "B"]


def test_a_direction_that_is_none_moves_nothing(site: Site) -> None:
    answer = site.post(f"{path_of(site, 'A')}/move", "alice", to="left")
    assert (answer.status_code, "“to” isn&#39;t valid, so nothing was changed" in answer.text) == (400, True)
    assert names(site) == ["A", "B"]


def test_a_view_is_renamed_and_taken_away(site: Site) -> None:
    assert site.post(f"{path_of(site, 'A')}/rename", "alice", name="C").status_code == 303
    assert site.post(f"{path_of(site, 'B')}/unpublish", "alice").status_code == 303
    assert names(site) == ["C"]


@pytest.mark.parametrize("number", ["x", "-1", "9" * 20])
@pytest.mark.parametrize("act", ["rename", "move", "unpublish"])
def test_what_is_no_view_is_not_found(site: Site, number: str, act: str) -> None:
    answer = site.post(f"/admin/views/{number}/{act}", "alice", name="C")
    assert (answer.status_code, "There is no such published view." in answer.text) == (404, True)
    assert names(site) == ["A", "B"]


def test_a_name_in_use_or_none_is_refused(site: Site) -> None:
    assert site.post("/admin/views", "alice", view="A").status_code == 409
    assert site.post(f"{path_of(site, 'A')}/rename", "alice", name="b").status_code == 409
    assert site.post(f"{path_of(site, 'A')}/rename", "alice", name=" ").status_code == 400
    assert names(site) == ["A", "B"]


@pytest.fixture
def with_linear(site: Site) -> Site:
    """Return it with two views made in Linear, of which one has a meaning here."""
    site.query("DELETE FROM custom_views")
    for name, filter_data in (("Hot <b>", '{"priority": {"eq": 1}}'), ("Watched", '{"subscribers": {}}')):
        site.query(
            "INSERT INTO custom_views (id, name, shared, model_name, filter_data, created_at, updated_at)"
            " VALUES (%s, %s, true, 'Issue', %s::jsonb, now(), now())", name, name, filter_data,
        )  # fmt: skip
    return site


def test_a_view_made_in_linear_is_published_with_one_click(with_linear: Site) -> None:
    page = with_linear.get("/admin/views/linear", "alice").text
    assert "Publish here" in page
    assert "Hot &lt;b&gt;" in page
    assert "“subscribers” has no meaning here." in page
    answer = with_linear.post("/admin/views/linear", "alice", view="Hot <b>")
    assert answer.headers["location"] == "/admin/views/linear?notice=published"
    assert names(with_linear) == ["A", "B", "Hot <b>"]
    page = with_linear.get("/admin/views/linear?notice=published", "alice").text
    assert ("Publish here" in page, 'href="/?priority=urgent"' in page, "Published" in page) == (False, True, True)


def test_a_view_made_in_linear_that_has_no_meaning_here_is_refused(with_linear: Site) -> None:
    answer = with_linear.post("/admin/views/linear", "alice", view="Watched")
    assert (answer.status_code, "“subscribers” has no meaning here" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE custom_views SET shared = false", "no longer shared, or gone"),
        ("UPDATE custom_views SET filter_data = '{\"title\": {}}'", "can&#39;t be followed"),
    ],
)
def test_a_published_view_that_can_no_longer_be_followed_is_marked(
    with_linear: Site, change: str, words: str
) -> None:
    with_linear.post("/admin/views/linear", "alice", view="Hot <b>")
    with_linear.query(change)
    page = with_linear.get("/admin/views/linear", "alice").text
    assert words.replace("&#39;", "'") in page.replace("&#39;", "'")


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("'matched', 41, 41, 0", "Linear has 41, here are 41. Checked"),
        ("'matched', 41, 38, 0", "the others are hidden here, or newer than the last sync. Checked"),
        ("'differs', 41, 40, 1", "Linear has 41, here are 40: 1 is only in one of both."),
        ("'refused', NULL, NULL, NULL", "tell this key which issues its view has"),
        ("'too_many', NULL, NULL, NULL", "too many items to be compared"),
        ("NULL, NULL, NULL, NULL", "compared with Linear at the next sync"),
    ],
)
def test_what_a_comparison_with_linear_found_is_said(with_linear: Site, check: str, words: str) -> None:
    with_linear.post("/admin/views/linear", "alice", view="Hot <b>")
    with_linear.query(
        "UPDATE followed_views SET checked_at = now(), checked_query = 'priority=urgent',"
        ' checked_filter = \'{"priority": {"eq": 1}}\','
        f" (check_outcome, linear_count, own_count, differing_count) = ({check})"
    )
    assert words in " ".join(with_linear.get("/admin/views/linear", "alice").text.split())


def test_the_page_of_all_views_leads_an_admin_to_those_made_in_linear(with_linear: Site) -> None:
    with_linear.query("DELETE FROM custom_views")
    assert 'href="/admin/views/linear"' in with_linear.get("/views", "alice").text
    assert 'href="/admin/views/linear"' not in with_linear.get("/views", "bob").text
    assert "no view of issues is shared" in with_linear.get("/admin/views/linear", "alice").text
