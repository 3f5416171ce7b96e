"""The overview: each fact in one line, with the next step when there is something to do."""

from collections.abc import Generator

import pytest
from psycopg.conninfo import conninfo_to_dict

from shareable_backlog import __version__
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture(scope="module")
def program(server: str, template: str) -> Generator[Site]:
    """Yield the program without mail and without a key for Linear."""
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as running:
        yield running


@pytest.fixture
def site(program: Site) -> Site:
    """Return it with one person in each state, and without any run."""
    program.query("DELETE FROM sync_history")
    program.query("DELETE FROM users")
    let_in(program.conninfo, "alice", "bob", "carol", "dora", "edgar")
    return program


def test_who_waits_is_told_with_the_way_to_answer(site: Site) -> None:
    page = site.get("/admin", "alice").text
    assert "<b>1</b> person is waiting for an answer." in page
    assert 'href="/admin/people?state=pending"' in page


def test_nobody_waiting_is_told_too(site: Site) -> None:
    site.query("DELETE FROM users WHERE email = 'carol@example.com'")
    assert "Nobody is waiting for an answer." in site.get("/admin", "alice").text


def test_people_are_counted_by_state_and_sessions_only_where_they_are_good_for_something(site: Site) -> None:
    site.query("UPDATE users SET access_until = now() - interval '1 day' WHERE email = 'bob@example.com'")
    page = site.get("/admin", "alice").text
    assert "1 active, 1 expired, 1 disabled, 1 declined; 3 sessions in use." in page


def test_without_a_sync_it_says_what_an_operator_does(site: Site) -> None:
    page = site.get("/admin", "alice").text
    assert "an operator has to set <code>LINEAR_API_KEY</code>" in page
    assert "Not set up: an operator has to set <code>SMTP_URL</code>" in page


def test_a_failed_sync_is_told_in_words_with_the_way_to_it(site: Site) -> None:
    [(run_id,)] = site.query(
        "INSERT INTO sync_history (status, trigger_type, started_at, completed_at, error_message)"
        " VALUES ('failed', 'automatic', now(), now(), 'Linear refused the key.') RETURNING id"
    )
    page = site.get("/admin", "alice").text
    assert "Linear refused the key." in page
    assert f'href="/admin/sync/{run_id}"' in page


def test_the_age_of_the_mirror_is_told_and_whether_that_is_late(site: Site) -> None:
    site.query(
        "INSERT INTO sync_history (status, trigger_type, started_at, completed_at)"
        " VALUES ('succeeded', 'automatic', now(), now() - interval '2 hours')"
    )
    page = site.get("/admin", "alice").text
    assert "2 h ago." in page
    assert ">Late</span>" in page


def test_held_removals_are_told_with_the_way_to_decide(site: Site) -> None:
    site.query(
        "INSERT INTO sync_history (status, trigger_type, is_full, started_at, completed_at, held)"
        """ VALUES ('partial', 'automatic', true, now(), now(), '{"issues": {"gone": 1200, "live": 4000}}')"""
    )
    page = site.get("/admin", "alice").text
    assert "1,200 rows are gone from Linear" in page
    assert 'href="/admin/sync#held"' in page


def test_versions_are_told_and_no_address_of_the_database(site: Site) -> None:
    page = site.get("/admin", "alice").text
    assert f"<dd>{__version__}</dd>" in page
    [(version,)] = site.query("SHOW server_version")
    [(schema,)] = site.query("SELECT max(name) FROM pgmigrations")
    assert f"A separate server, PostgreSQL {version}; schema {schema}." in page
    where = conninfo_to_dict(site.conninfo)
    for name in ("dbname", "host"):
        assert str(where[name]) not in page


@pytest.mark.parametrize("persona", ["bob", "carol", "dora", None])
def test_only_admins_see_it(site: Site, persona: str | None) -> None:
    assert site.get("/admin", persona).status_code in {303, 403}


def test_use_is_told_in_numbers_and_a_picture_from_the_record_alone(site: Site) -> None:
    assert site.get("/?q=nothinglikethis", "bob").status_code == 200
    page = site.get("/admin", "alice").text
    assert '“<span dir="auto">nothinglikethis</span>”' in page
    assert "person was" in page or "people were" in page
    assert page.count("<rect") >= 14
    assert 'role="img"' in page
    assert "nothing else is noted of anybody" in page
