"""The agenda of the meeting over HTTP: its sections, its numbers, and agendas that are kept."""

import re
from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.controllers.backlog.test_compared_list import ROWS, list_titles
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

SINCE = "since=2020-11-17"
SECTIONS = ("new", "moved", "done", "canceled", "risk", "rank")


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "carol", "erin")
        site.query(ROWS)
        yield site


def read_sections(page: str) -> dict[str, list[str]]:
    """Return the titles of the items in each section."""
    parts = re.findall(r'<section class="agenda-section" aria-labelledby="(\w+)">(.*?)</section>', page, re.DOTALL)
    return {name: re.findall(r'class="title"[^>]*>([^<]+)<', part) for name, part in parts}


def read_sums(page: str) -> dict[str, str]:
    """Return the sums on top of a page, each with its address, "" for none."""
    top = re.search(r'<p class="agenda-sums">(.*?)</p>', page, re.DOTALL)
    assert top
    found = re.findall(r'<(?:a|span) class="agenda-sum"(?: href="([^"]+)")?><b>([^<]+)</b> ([^<]+)<', top[1])
    return {f"{count} {word}": url.replace("&amp;", "&") for url, count, word in found}


def keep(site: Site, persona: str = "alice", **fields: str) -> str:
    """Keep the page as it is, a minute after any other, and return its address."""
    site.query("UPDATE kept_agendas SET created_at = created_at - interval '1 minute'")
    answer = site.post("/meeting", persona, **{"since": "2020-11-17", **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def test_the_sections_have_what_came_moved_was_done_and_is_at_risk(site: Site) -> None:
    page = site.get(f"/meeting?{SINCE}", "bob").text
    assert read_sections(page) == {
        "new": ["Paint"],
        "moved": ["Fix the roof", "Sweep"],
        "done": ["Buy tiles"],
        "canceled": ["Gild the door"],
        "risk": ["Fix the roof", "Sweep"],
        "rank": ["Fix the roof", "Paint", "Sweep"],
    }
    assert list(read_sums(page)) == ["1 new", "2 moved", "1 done", "1 canceled", "2 overdue", "1 put off", "3 open"]


def test_each_number_leads_to_a_list_of_just_so_many(site: Site) -> None:
    for words, url in read_sums(site.get(f"/meeting?{SINCE}", "bob").text).items():
        assert len(list_titles(site, url)) == int(words.split()[0]), words


def test_where_the_list_is_switched_off_the_numbers_lead_nowhere_else(site: Site) -> None:
    site.query("UPDATE settings SET pages_off = '{list}'")
    site.query(
        "INSERT INTO backlog_items (id, identifier, number, title, team_id, priority, created_at, updated_at)"
        " SELECT 'n' || n, 'ENG-' || n, n, 'Nail', team_id, 1, now(), now()"
        " FROM backlog_items, generate_series(101, 130) n WHERE id = 'i5'"
    )
    page = site.get(f"/meeting?{SINCE}", "bob").text
    assert set(read_sums(page).values()) == {""}
    assert "The first 10 of these." in page
    assert "line by line" not in page
    assert "line by line" in site.get(keep(site), "bob").text


def test_what_moved_is_told_in_words(site: Site) -> None:
    page = re.sub(r"<[^>]+>|\s+", " ", site.get(f"/meeting?{SINCE}", "bob").text)
    page = re.sub(r" +", " ", page)
    for words in ("slipped from 1 Dec 2020 to 15 Jan 2021", "Todo → to In Progress", "↓ down 1 from 2"):
        assert words in page


def test_an_item_leads_on_in_the_list_of_its_section(site: Site) -> None:
    page = site.get(f"/meeting?{SINCE}", "bob").text
    [address] = re.findall(r'href="(/items/ENG-5\?in=[^"]+moved%3Dnew[^"]*)"', page)
    assert "Since then" not in page
    assert site.get(address.replace("&amp;", "&"), "bob").status_code == 200


def test_projects_at_risk_or_put_off_are_named_with_what_is_open_in_them(site: Site) -> None:
    site.query("UPDATE projects SET health = 'offTrack' WHERE id = 'p1'")
    page = site.get(f"/meeting?{SINCE}", "bob").text
    assert 'Apollo</a>\n<span class="health offTrack">Off track</span>' in page
    assert re.search(r'href="/\?project=Apollo&amp;done=hidden">1 open</a>', page)


def test_a_project_at_risk_with_a_namesake_has_no_number_and_leads_to_its_page(site: Site) -> None:
    site.query("UPDATE projects SET health = 'offTrack' WHERE id = 'p1'")
    site.query("INSERT INTO projects (id, name, created_at, updated_at) VALUES ('p9', 'apollo', now(), now())")
    site.query("UPDATE backlog_items SET project_id = 'p9' WHERE identifier = 'ENG-5'")
    page = site.get(f"/meeting?{SINCE}", "bob").text
    assert '<a href="/projects/p1" class="name" dir="auto">Apollo</a>' in page
    assert "project=Apollo&amp;done=hidden" not in page


def test_where_the_roadmap_is_switched_off_no_project_at_risk_is_told(site: Site) -> None:
    site.query("UPDATE projects SET health = 'offTrack' WHERE id = 'p1'")
    paths = (f"/meeting?{SINCE}", keep(site))
    assert all("Off track" in site.get(path, "bob").text for path in paths)
    site.query("UPDATE settings SET pages_off = '{roadmap}'")
    for path in paths:
        page = site.get(path, "bob").text
        assert "Off track" not in page
        assert "Fix the roof" in page


def test_before_the_first_meeting_it_says_with_what_it_compares_and_who_can_change_that(site: Site) -> None:
    site.query("UPDATE settings SET meeting_weekday = NULL")
    assert "an admin can choose one" in site.get("/meeting", "bob").text
    assert 'href="/admin/settings">choose one</a>' in site.get("/meeting", "alice").text
    site.query("UPDATE settings SET last_meeting_day = '2020-11-17'")
    page = site.get("/meeting", "bob").text
    assert "Compared with the last meeting, 17 Nov 2020." in page
    assert "choose" not in page


def test_a_damaged_day_is_refused_in_words(site: Site) -> None:
    assert site.get("/meeting?since=soon", "bob").status_code == 400


def test_who_sees_nothing_is_told_so(site: Site) -> None:
    address = keep(site)
    site.query("DELETE FROM viewer_group_members")
    for path in ("/meeting", address):
        assert "Nothing has been shared with you yet" in site.get(path, "erin").text


# --- Kept pages


def test_a_kept_page_stays_as_it_was_while_the_backlog_goes_on(site: Site) -> None:
    before = read_sections(site.get(f"/meeting?{SINCE}", "bob").text)
    address = keep(site)
    site.query("UPDATE backlog_items SET title = 'Sold', due_date = NULL, priority = 1, updated_at = now()")
    site.query("UPDATE workflow_states SET name = 'Otherwise'")
    page = site.get(address, "bob").text
    assert read_sections(page) == before
    assert list(read_sums(page)) == ["1 new", "2 moved", "1 done", "1 canceled", "2 overdue", "1 put off", "3 open"]
    assert set(read_sums(page).values()) == {""}
    assert "Otherwise" not in page
    assert f'href="{address}"' in site.get("/meeting", "bob").text


def test_a_kept_page_says_on_which_day_it_was_so(site: Site) -> None:
    assert re.search(r"As it was on <time [^>]+>\d", site.get(keep(site), "bob").text)


def test_a_kept_page_names_the_same_day_in_every_time_zone(site: Site) -> None:
    address = keep(site)
    assert site.post("/account/preferences", "bob", time_zone="US/Pacific").status_code == 303
    assert "compared with 17 Nov 2020." in site.get(address, "bob").text


def test_what_is_hidden_since_is_in_no_line_and_no_number_of_it(site: Site) -> None:
    address = keep(site)
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'p1', false)")
    page = site.get(address, "bob").text
    assert "roof" not in page
    assert list(read_sums(page)) == ["1 new", "1 moved", "1 done", "1 canceled", "1 overdue", "0 put off", "2 open"]
    assert re.findall(r">Rank </span>(\d+)<", page) == ["1", "2", "2", "1", "2"]


def test_a_project_that_is_hidden_since_is_not_named_as_where_an_item_came_from(site: Site) -> None:
    site.query("UPDATE backlog_items SET project_id = 'p2', updated_at = '2020-11-21' WHERE id = 'i4'")
    site.query("UPDATE backlog_items SET project_id = 'p1', updated_at = '2020-11-16' WHERE id = 'i5'")
    site.query("UPDATE projects SET health = 'atRisk' WHERE id = 'p2'")
    address = keep(site)
    assert "Tides" in site.get(address, "bob").text
    site.query("UPDATE backlog_items SET project_id = NULL WHERE id = 'i4'")
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'p2', false)")
    page = site.get(address, "bob").text
    assert "Sweep" in page
    assert "Tides" not in page


def test_a_project_at_risk_stays_named_when_it_and_its_items_are_archived(site: Site) -> None:
    site.query("UPDATE projects SET health = 'offTrack' WHERE id = 'p1'")
    address = keep(site)
    site.query("UPDATE projects SET archived_at = now()")
    site.query("UPDATE backlog_items SET archived_at = now()")
    assert 'class="name" dir="auto">Apollo<' in site.get(address, "bob").text
    site.query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'p1', false)")
    assert "Apollo" not in site.get(address, "bob").text


def test_estimates_that_are_not_shown_any_more_are_told_no_more(site: Site) -> None:
    address = keep(site)
    assert '<span dir="auto">3</span> <span aria-hidden="true">→</span>' in site.get(address, "bob").text
    site.query("UPDATE sharing_settings SET shows_estimates = false")
    assert '<span dir="auto">3</span> <span aria-hidden="true">→</span>' not in site.get(address, "bob").text


def test_several_of_a_day_have_numbers(site: Site) -> None:
    first, second = keep(site), keep(site)
    assert second == f"{first}.2"
    assert [site.get(one, "bob").status_code for one in (first, second, f"{first}.3")] == [200, 200, 404]


def test_who_keeps_it_twice_at_once_is_told_that_it_is_kept(site: Site) -> None:
    keep(site)
    answer = site.post("/meeting", "alice")
    assert answer.status_code == 409
    assert "kept less than a minute ago" in answer.text


@pytest.mark.parametrize("key", ["2026-02-30", "soon", "2026-11-29.0", "2026-11-29.1x"])
def test_a_page_that_nobody_kept_is_not_there(site: Site, key: str) -> None:
    assert site.get(f"/meeting/{key}", "bob").status_code == 404


def test_whoever_sees_what_was_not_kept_is_told_so(site: Site) -> None:
    address = keep(site)
    site.query("INSERT INTO viewer_groups (name) VALUES ('Late')")
    site.query("UPDATE users SET sees_everything = false WHERE email = 'bob@example.com'")
    site.query(
        "INSERT INTO viewer_group_members (viewer_group_id, user_id)"
        " SELECT g.id, u.id FROM viewer_groups g, users u WHERE g.name = 'Late' AND u.email = 'bob@example.com'"
    )
    page = site.get(address, "bob").text
    assert "This page was not kept for what you see" in page
    assert "Paint" not in page


def test_readers_keep_nothing_but_team_members_do(site: Site) -> None:
    assert "Keep this page" not in site.get("/meeting", "bob").text
    assert site.post("/meeting", "bob").status_code == 403
    site.query("UPDATE users SET is_team_member = true WHERE email = 'bob@example.com'")
    assert "Keep this page" in site.get("/meeting", "bob").text
    assert site.get(keep(site, "bob"), "bob").status_code == 200


def test_an_admin_who_looks_as_somebody_else_keeps_nothing(site: Site) -> None:
    site.query(
        "UPDATE sessions SET viewing_as_user_id = (SELECT id FROM users WHERE email = 'bob@example.com')"
        " WHERE user_id = (SELECT id FROM users WHERE email = 'alice@example.com')"
    )
    answer = site.post("/meeting", "alice")
    assert answer.status_code == 403
    assert "You look as somebody else" in answer.text
    assert site.query("SELECT count(*) FROM kept_agendas") == [(0,)]


def test_an_admin_deletes_one_for_everybody_and_both_are_in_the_record(site: Site) -> None:
    address = keep(site)
    assert "Delete this page" not in site.get(address, "bob").text
    assert "Delete this page" in site.get(address, "alice").text
    assert site.post(f"{address}/delete", "bob").status_code == 403
    assert site.post(f"{address}/delete", "alice").status_code == 303
    assert site.get(address, "alice").status_code == 404
    assert site.post(f"{address}/delete", "alice").status_code == 404
    recorded = site.query("SELECT action, resource_id FROM audit_logs WHERE resource = 'agenda' ORDER BY id")
    assert recorded == [(f"agenda.{what}", address.rpartition("/")[2]) for what in ("kept", "deleted")]
    assert "deleted the kept agenda of" in site.get("/admin/audit", "alice").text


def test_it_stays_when_whoever_kept_it_is_deleted(site: Site) -> None:
    site.query("UPDATE users SET is_team_member = true WHERE email = 'bob@example.com'")
    address = keep(site, "bob")
    site.query("UPDATE users SET display_name = 'Bob' WHERE email = 'bob@example.com'")
    assert "Kept by Bob." in site.get(address, "alice").text
    site.query("DELETE FROM users WHERE email = 'bob@example.com'")
    page = site.get(address, "alice").text
    assert "Paint" in page
    assert "Kept by an admin or team member." in page


def test_the_mail_address_of_who_kept_it_is_told_to_nobody(site: Site) -> None:
    page = site.get(keep(site), "bob").text
    assert "Kept by an admin or team member." in page
    assert "alice@example.com" not in page
