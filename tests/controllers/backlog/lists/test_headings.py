"""What a page of the backlog is called."""

import re
from collections.abc import Generator
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import BacklogQuery
from shareable_backlog.controllers.backlog.lists import headings
from shareable_backlog.services.backlog import filters, layouts
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

NOW = datetime(2026, 11, 30, tzinfo=UTC)
TEAMS = {"FLD": "Field", "OPS": "Operations"}


def describe(words: str, path: str = "/") -> str:
    pairs = parse_qsl(words)
    asked = BacklogQuery(filters.parse_filters(pairs), layouts.parse_layout(pairs))
    return headings.describe_place(backlog_url.build_backlog_url(path, asked), TEAMS, NOW)


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        ("", "Backlog"),
        ("team=FLD", "Field"),
        ("type=started&team=FLD", "Field · In progress"),
        ("team=FLD&team=OPS", "Field or Operations"),
        ("team=XYZ", "XYZ"),
        ("q=roof", "“roof”"),
        ("-label=Bug", "Not Bug"),
        ("label=Bug&no=label", "Bug or No label"),
        ("no=assignee", "Unassigned"),
        ("has=project", "With project"),
        ("-project=Apollo&has=project", "Not Apollo, With project"),
        ("priority=none&priority=urgent", "No priority or Urgent"),
        ("assignee=Bob", "Assignee Bob"),
        ("cycle=current", "Current cycle"),
        ("cycle=12", "Cycle 12"),
        ("due=7d", "Due in the next 7 days"),
        ("due=2026-12-01..2027-01-15", "Due 1 Dec to 15 Jan 2027"),
        ("-completed=..2026-06-01&has=completed", "Completed not until 1 Jun, With completed"),
        ("done=hidden&archived=shown", "Not done · With archived"),
        ("since=2026-11-10", "Compared with 10 Nov"),
        ("since=meeting&team=FLD", "Field · Compared with the last meeting"),
        ("since=2025-11-10&moved=slipped", "Slipped since 10 Nov 2025"),
        ("group=team&subgroup=state", "Backlog · By team and state"),
        ("group=none&order=rank", "Backlog"),
        ("order=-rank&team=FLD", "Field · Rank, lowest first"),
        ("q=roof&order=rank", "“roof” · Rank, highest first"),
        ("q=roof&order=relevance", "“roof”"),
    ],
)
def test_a_heading_says_what_is_shown(words: str, heading: str) -> None:
    assert describe(words) == heading


@pytest.mark.parametrize(
    ("words", "path", "heading"),
    [
        ("", "/board", "Board"),
        ("team=FLD", "/board", "Board · Field"),
        ("team=FLD&group=priority", "/board", "Board · Field · By priority"),
        ("team=FLD&group=priority", "/matrix", "Matrix · Field"),
        ("since=meeting", "/timeline", "Timeline · Compared with the last meeting"),
        ("label=Bug", "/trends", "Trends · Bug"),
    ],
)
def test_a_page_that_is_no_list_says_first_what_it_is(words: str, path: str, heading: str) -> None:
    assert describe(words, path) == heading


def test_a_heading_is_not_endless() -> None:
    assert len(describe("&".join(f"label={'x' * 9}{number}" for number in range(50)))) == 120


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(
            "INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES"
            " ('t1', 'FLD', 'Field', false, now(), now()), ('t2', 'SEC', 'Secret plans', true, now(), now())"
        )
        yield site


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/?team=FLD&type=started", "Field · In progress"),
        ("/board?team=FLD", "Board · Field"),
        ("/roadmap?team=FLD&status=started", "Roadmap · Field · In progress"),
        ("/changes?team=FLD", "What changed · Field"),
        ("/changes?team=FLD&kind=new&kind=done&since=30d", "What changed · Field · New, Done · Last 30 days"),
        ("/changes?since=2020-11-10", "What changed · Since 10 Nov 2020"),
        ("/roadmap?since=2020-11-10&group=initiative", "Roadmap · By initiative · Compared with 10 Nov 2020"),
        ("/roadmap?moved=slipped", "Roadmap · Slipped since the last meeting"),
        ("/done?team=FLD&by=release", "Done · Field · By release"),
        ("/done?before=2020-11-09", "Done · Until 8 Nov 2020"),
        ("/done?team=SEC", "Done · SEC"),
        ("/?team=SEC", "SEC"),
        ("/roadmap?team=SEC", "Roadmap · SEC"),
    ],
)
def test_a_page_and_its_tab_are_called_what_is_shown_and_name_no_hidden_team(
    site: Site, path: str, name: str
) -> None:
    page = site.get(path, "bob").text
    [title] = re.findall(r"<title>(.*?)</title>", page, re.DOTALL)
    [heading] = re.findall(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert (title.strip(), heading.strip()) == (name, name)


def test_days_in_what_a_page_is_called_are_written_as_its_reader_does(site: Site) -> None:
    for path in ("/?due=2020-12-31", "/timeline?due=2020-12-31", "/present/list?due=2020-12-31"):
        page = site.get(path, "bob", **{"accept-language": "de"}).text
        assert re.search(r"<title>(Timeline · )?Due 31\. Dez\. 2020", page), path


def test_a_saved_view_is_called_by_its_name(site: Site) -> None:
    site.post("/views", "bob", name="My week", query="team=FLD", layout="list")
    assert "<title>My week</title>" in site.get("/?team=FLD", "bob").text
    assert "<title>Field</title>" in site.get("/?team=FLD", "alice").text
