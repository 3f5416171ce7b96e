"""The roadmap over HTTP, without a browser."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from shareable_backlog.controllers.projects import roadmap
from shareable_backlog.controllers.projects.roadmap import RoadmapQuery
from shareable_backlog.database import query
from shareable_backlog.errors import BacklogError, InvalidInput
from shareable_backlog.streams.projects import (
    InitiativeProjectRow,
    InitiativeRow,
    ProjectMilestoneRow,
    ProjectStatusRow,
)
from shareable_backlog.web import errors, params
from tests.support.mirrored import NOON, item, person, project, state, store, team
from tests.support.signed_in import AsBob

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


@pytest.fixture
async def client(database: str) -> AsyncGenerator[httpx2.AsyncClient]:
    app = Starlette(
        routes=[Route("/roadmap", params.bind(roadmap.show_roadmap))],
        exception_handlers={BacklogError: errors.on_backlog_error},
    )
    transport, accept = httpx2.ASGITransport(AsBob(app, database)), {"Accept": "application/json"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=accept) as client:
        yield client


def days(number: int) -> Any:
    return datetime.now(UTC).date() + timedelta(days=number)


class Heard(HTMLParser):
    """Collect what a screen reader says: no pictures, nothing else that is hidden from it."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "input"} and (self._hidden or ("aria-hidden", "true") in attrs):
            self._hidden.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None: ...

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            assert self._hidden.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)


def words(page: str) -> str:
    """Return what is said of the page's main part."""
    heard = Heard()
    heard.feed(page.partition('<main id="main" tabindex="-1">')[2].partition("</main>")[0])
    return " ".join("".join(heard.said).split())


async def stored(*, more: int = 0, **fields: Any) -> None:
    """Store a project that is under way, with a milestone and one of its two items done."""
    apollo = project("Apollo", status_id="status-started", lead_id="person-Maren", **fields)
    status = ProjectStatusRow(
        id="status-started", name="Rolling", type="started", position=0, created_at=NOON, updated_at=NOON
    )
    pilot = ProjectMilestoneRow(
        id="pilot", name="Pilot", project_id=apollo.id, target_date=days(-3), created_at=NOON, updated_at=NOON
    )
    of = {"project_id": apollo.id, "project_milestone_id": "pilot"}
    await store(
        state("completed"), person("Maren"), status, apollo, pilot,
        item(1, state_id="ENG-completed-0", **of), *(item(2 + number, **of) for number in range(1 + more)),
        indexed=False,
    )  # fmt: skip


async def test_all_facts_are_told_in_words(client: httpx2.AsyncClient) -> None:
    await stored(health="atRisk", start_date=days(-40), target_date=days(-2))
    page = (await client.get("/roadmap")).text
    told = words(page)
    assert "In progress 1" in told
    assert "Apollo Late by 2 days At risk Rolling Led by Maren From" in told
    assert f"to {days(-2).day} " in told
    assert "1 of 2 done, 50 %" in told
    assert re.search(r"Pilot, \d+ \w+( \d+)?, 1 of 2 done, late", told), told
    assert 'href="/projects/Apollo"' in page


@pytest.mark.parametrize(("more", "share"), [(4, "1 of 6 done, 17 %"), (300, "1 of 302 done, 1 %")])
async def test_how_much_is_done_is_rounded_and_never_to_nothing(
    client: httpx2.AsyncClient, more: int, share: str
) -> None:
    await stored(more=more, target_date=days(30))
    assert share in words((await client.get("/roadmap")).text)


async def test_what_a_project_waits_for_is_told_and_its_name_leads_there(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(30))
    await store(project("Ladder / 2"), item(50, project_id="project-Ladder / 2"))
    await query(
        "INSERT INTO project_relations (id, type, anchor_type, related_anchor_type, project_id, related_project_id,"
        " created_at, updated_at)"
        " VALUES ('r', 'dependency', 'end', 'start', 'project-Ladder / 2', 'project-Apollo', now(), now())"
    )
    page = (await client.get("/roadmap")).text
    assert "Waits for Ladder / 2" in words(page)
    assert 'Waits for <a href="/projects/Ladder%20/%202"' in page


async def test_the_drawing_is_not_told(client: httpx2.AsyncClient) -> None:
    await stored(start_date=days(-10), target_date=days(30))
    page = (await client.get("/roadmap")).text
    outer = re.findall(r'<svg class="(?:track|scale|rules)"[^>]*>', page)
    assert len(outer) == 3
    assert all('aria-hidden="true"' in one for one in outer)
    assert 'class="remaining"' in page
    assert 'class="milestone-mark is-late"' in page


async def test_more_than_ten_thousand_items_are_not_counted(client: httpx2.AsyncClient) -> None:
    await stored(more=10_000, target_date=days(30))
    told = words((await client.get("/roadmap")).text)
    assert "more than 10,000 items" in told
    assert "%" not in told


async def test_people_are_not_named_where_they_are_not_shown(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(30))
    await query("UPDATE sharing_settings SET shows_assignees = false")
    page = (await client.get("/roadmap")).text
    assert "Apollo" in page
    assert "Maren" not in page


@pytest.mark.parametrize(
    ("start", "target", "told"), [(-900, -800, "← until "), (800, 900, "from "), (None, -800, "← until ")]
)
async def test_what_lies_outside_is_named_at_the_edge(
    client: httpx2.AsyncClient, start: int | None, target: int, told: str
) -> None:
    await stored(start_date=None if start is None else days(start), target_date=days(target))
    page = (await client.get("/roadmap")).text
    assert 'class="remaining"' not in page
    edge = re.search(r'class="edge"[^>]*>([^<]*)<', page)
    assert edge
    assert edge[1].startswith(told)
    assert ("→" in edge[1]) == (told == "from ")


async def test_projects_without_dates_stand_apart(client: httpx2.AsyncClient) -> None:
    await stored()
    told = words((await client.get("/roadmap")).text)
    assert "No dates yet 1 Apollo Rolling " in told
    assert "In progress" not in told


async def test_the_links_through_time_keep_the_filters(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(30))
    page = (await client.get("/roadmap?team=eng&status=started&from=2026-10&months=6")).text
    kept = "/roadmap?team=ENG&amp;status=started&amp;from={}&amp;months=6"
    assert f'href="{kept.format("2026-07")}"' in page
    assert f'href="{kept.format("2027-01")}"' in page
    assert 'href="/roadmap?team=ENG&amp;status=started&amp;months=6"' in page
    assert '<option value="ENG" selected>' in page
    assert '<option value="started" selected>' in page
    assert '<option value="6" selected>' in page


async def test_what_is_open_of_a_project_stands_below_it_on_demand(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(30))
    page = (await client.get("/roadmap")).text
    assert "ENG-2" not in page
    [url] = re.findall(r'id="plan-project-Apollo" href="([^"]+)" aria-expanded="false"', page)
    assert url == "/roadmap?open=project-Apollo#plan-project-Apollo"
    page = (await client.get(url)).text
    assert (page.count('<li class="item">'), "ENG-1<" in page, "ENG-2<" in page) == (1, False, True)
    assert 'id="plan-project-Apollo" href="/roadmap#plan-project-Apollo" aria-expanded="true"' in page
    assert "All" not in words(page)


async def test_of_more_than_a_page_has_the_first_stand_there_and_lead_to_all(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(30), more=24)
    page = (await client.get("/roadmap?open=project-Apollo")).text
    assert page.count('<li class="item">') == page.count('<span class="c-rank">') == 20
    assert '<a href="/?project=Apollo&amp;done=hidden">All 25</a>' in page


async def test_where_the_list_is_switched_off_no_number_leads_there(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(30))
    assert 'href="/?' in (await client.get("/roadmap")).text
    await query("UPDATE settings SET pages_off = '{list}'")
    page = (await client.get("/roadmap")).text
    assert "1 of 2 done" in words(page)
    assert 'href="/?' not in page.partition("<main")[2]


async def test_nothing_stands_below_what_is_not_shown_or_has_no_list_of_its_own(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(30))
    await store(project("Gemini"), item(60, project_id="project-Gemini"))
    await query("UPDATE projects SET name = 'apollo' WHERE id = 'project-Gemini'")
    for id_ in ("project-Apollo", "project-Gemini", "none"):
        assert '<li class="item">' not in (await client.get(f"/roadmap?open={id_}")).text


async def test_the_name_of_an_initiative_leads_to_its_page(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(30))
    times: dict[str, Any] = {"created_at": NOON, "updated_at": NOON}
    await store(
        InitiativeRow(id="moon", name="Moon / 2", trashed=False, **times),
        InitiativeProjectRow(id="o", initiative_id="moon", project_id="project-Apollo", **times),
    )
    assert 'href="/initiatives/Moon%20/%202"' in (await client.get("/roadmap?group=initiative")).text


async def test_projects_stand_below_their_initiatives_on_demand(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(30))
    times: dict[str, Any] = {"created_at": NOON, "updated_at": NOON}
    await store(
        InitiativeRow(id="moon", name="The moon", trashed=False, **times),
        InitiativeProjectRow(id="part", initiative_id="moon", project_id="project-Apollo", **times),
        project("Gemini", target_date=days(40)),
        item(9, project_id="project-Gemini"),
    )
    told = words((await client.get("/roadmap?group=initiative")).text)
    assert "The moon 1 Apollo Rolling " in told
    assert "No initiative 1 Gemini " in told
    assert "In progress" not in told


async def test_a_hundred_projects_are_a_page(client: httpx2.AsyncClient) -> None:
    projects = [project(f"Project {number:03}") for number in range(101)]
    await store(*projects, *(item(number, project_id=one.id) for number, one in enumerate(projects)), indexed=False)
    first = (await client.get("/roadmap")).text
    assert first.count('<li class="plan">') == 100
    assert 'href="/roadmap?page=2" rel="next"' in first
    assert "Project 100" in (await client.get("/roadmap?page=2")).text
    assert "That's the end" in (await client.get("/roadmap?page=3")).text


@pytest.mark.parametrize(
    "asked", ["team=%00", "team=NONE", "status=none", "status=%27", "q=x", "from=", "months=", "team=" + "a" * 9000]
)
async def test_any_filter_gets_a_page(client: httpx2.AsyncClient, asked: str) -> None:
    assert (await client.get(f"/roadmap?{asked}")).status_code == 200


@pytest.mark.parametrize(
    "asked", ["page=0", "page=101", "page=x", "page=%C2%B2", "from=2026-13", "from=%00x", "months=7", "months=-1"]
)
async def test_what_is_no_time_or_page_is_a_bad_request(client: httpx2.AsyncClient, asked: str) -> None:
    answer = await client.get(f"/roadmap?{asked}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_INPUT")


@pytest.mark.parametrize("months", ["0", "8", "-3", "5", "24.0", "x", "\uff19", "null"])
async def test_other_lengths_are_refused(months: str) -> None:
    with pytest.raises(InvalidInput, match="3, 6, 12 or 24 months"):
        params.read(RoadmapQuery, [("months", months)], "query")


async def test_an_empty_roadmap_says_what_to_do(client: httpx2.AsyncClient) -> None:
    assert "The backlog is empty" in (await client.get("/roadmap")).text
    await store(team("SEC", private=True), project("Secret"), item(1, team="SEC", project_id="project-Secret"))
    await query("INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now())")
    page = (await client.get("/roadmap")).text
    assert "No projects are shared with you yet" in page
    assert 'href="/about"' in page
    assert "Secret" not in page
    assert "No project matches" in (await client.get("/roadmap?status=started")).text


async def test_names_are_escaped(client: httpx2.AsyncClient) -> None:
    hostile = "\"><script>alert(1)</script>'&"
    await store(project(hostile, target_date=days(20)), item(1, project_id=f"project-{hostile}"))
    page = (await client.get("/roadmap")).text
    assert "<script>alert" not in page
    assert "?project=%22%3E%3Cscript%3E" in page


@pytest.mark.parametrize(
    ("resolution", "said"), [("month", "Dec 2091"), ("quarter", "Q4 2091"), ("halfYear", "H2 2091"), ("year", "2091")]
)
async def test_a_date_is_never_more_exact_than_in_linear(
    client: httpx2.AsyncClient, resolution: str, said: str
) -> None:
    await stored(target_date=date(2091, 12, 31), target_date_resolution=resolution)
    page = (await client.get("/roadmap")).text
    assert f"until {said} " in words(page)
    await query("UPDATE projects SET start_date = '2091-10-01', start_date_resolution = 'quarter'")
    page += (await client.get("/roadmap")).text
    assert "from Q4 2091 →" in page
    assert "31 Dec" not in page
    assert "2091-" not in page


async def test_what_is_late_by_a_quarter_is_not_late_by_days(client: httpx2.AsyncClient) -> None:
    await stored(target_date=days(-400), target_date_resolution="quarter")
    told = words((await client.get("/roadmap")).text)
    assert "Apollo Late Rolling " in told


async def test_health_has_its_age_and_is_out_of_date_in_words(client: httpx2.AsyncClient) -> None:
    now = datetime.now(UTC)
    await stored(target_date=days(30), health="onTrack", health_updated_at=now - timedelta(days=5))
    assert "On track, 5 days ago Rolling" in words((await client.get("/roadmap")).text)
    await query("UPDATE projects SET health_updated_at = now() - interval '22 days'")
    assert "On track, 3 weeks ago, out of date Rolling" in words((await client.get("/roadmap")).text)


@pytest.mark.parametrize(("asked", "share"), [("", "32.0"), ("?months=3", "32.0"), ("?months=24", "32.0")])
async def test_progress_is_a_number_and_a_bar_of_its_own_whatever_time_is_shown(
    client: httpx2.AsyncClient, asked: str, share: str
) -> None:
    await stored(start_date=days(-400), target_date=days(400))
    page = (await client.get(f"/roadmap{asked}")).text
    assert f'<rect width="{share}" height="4" rx="2"/>' in page
    assert page.count('class="remaining"') == 1
    assert "1 of 2 done, 50 %" in words(page)


@pytest.mark.parametrize(("start", "target"), [(None, 30), (-30, None)])
async def test_a_project_with_one_date_has_a_mark_at_it_and_no_bar(
    client: httpx2.AsyncClient, start: int | None, target: int | None
) -> None:
    await stored(start_date=None if start is None else days(start), target_date=target and days(target))
    page = (await client.get("/roadmap")).text
    assert 'class="unknown"' in page
    assert re.findall(r'<rect class="remaining"[^>]*width="(\d+)"', page) == ["6"]
