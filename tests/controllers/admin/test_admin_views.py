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
