"""The page of a project over HTTP, without a browser."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from shareable_backlog.controllers.backlog.lists import item_list
from shareable_backlog.controllers.projects import project as project_controller
from shareable_backlog.database import query
from shareable_backlog.errors import BacklogError
from shareable_backlog.streams.projects import ProjectMilestoneRow, ProjectStatusRow
from shareable_backlog.web import errors, params
from tests.support.mirrored import NOON, comment, item, person, project, state, store, update
from tests.support.signed_in import AsBob

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NAMES = [
    "Apollo", "A/B test", 'Über all "it" & <b>', "50% #1?", "מסע לירח", "\u202eolloP", "a\\b", "x" * 300, "a+b c",
    "/etc", "..", "a//b", " ",
]  # fmt: skip


@pytest.fixture
async def client(database: str) -> AsyncGenerator[httpx2.AsyncClient]:
    app = Starlette(
        routes=[
            Route("/projects/{name:path}", params.bind(project_controller.show_project)),
            Route("/", params.bind(item_list.show_list)),
        ],
        exception_handlers={BacklogError: errors.on_backlog_error},
    )
    transport = httpx2.ASGITransport(AsBob(app, database))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def stored(**fields: Any) -> None:
    """Store a project that is under way, with a milestone and one of its two items done."""
    apollo = project("Apollo", status_id="status-started", lead_id="person-Maren", slug_id="5e1f", **fields)
    status = ProjectStatusRow(
        id="status-started", name="Rolling", type="started", position=0, created_at=NOON, updated_at=NOON
    )
    pilot = ProjectMilestoneRow(id="pilot", name="Pilot", project_id=apollo.id, created_at=NOON, updated_at=NOON)
    of = {"project_id": apollo.id, "project_milestone_id": "pilot"}
    await store(
        state("completed", name="Done"), person("Maren"), status, apollo, pilot,
        item(1, state_id="ENG-completed-0", **of), item(2, "Land", **of),
    )  # fmt: skip


async def read(client: httpx2.AsyncClient, path: str = "/projects/Apollo") -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def strip_tags(page: str) -> str:
    main = page.partition('<main id="main" tabindex="-1">')[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", "", main).split())


async def test_it_says_what_it_is_and_how_it_goes(client: httpx2.AsyncClient) -> None:
    await stored(
        description="To the moon", content="## Why\nBecause ENG-2 is *there*", health="atRisk",
        health_updated_at=datetime.now(UTC) - timedelta(days=5),
    )  # fmt: skip
    page = await read(client)
    told = strip_tags(page)
    assert "Apollo To the moon Rolling At risk, 5 days ago" in told
    assert "<dt>Lead</dt><dd>Maren</dd>" in page
    assert 'href="/teams/ENG"' in page
    assert "Pilot 1 of 2 done" in told
    assert re.search(r"<h\d>Why</h\d>", page)
    assert 'href="/items/ENG-2" title="Land"' in page


@pytest.mark.parametrize("name", NAMES)
async def test_any_name_leads_to_its_page(client: httpx2.AsyncClient, name: str) -> None:
    await store(project(name, id="p1", slug_id="5e1f"), item(1, project_id="p1"))
    answer = await client.get("/projects/p1")
    assert answer.status_code == 301
    there = await client.get(answer.headers["location"])
    assert there.status_code == 200
    is_kept = name not in {"/etc", "..", "a//b"}
    assert answer.headers["location"] == f"/projects/{quote(name) if is_kept else '5e1f'}"


async def test_another_spelling_leads_to_the_right_one_with_its_question(client: httpx2.AsyncClient) -> None:
    await stored()
    for word in ("aPOLLO", "5e1f", "project-Apollo"):
        answer = await client.get(f"/projects/{word}?x=1")
        assert (answer.status_code, answer.headers["location"]) == (301, "/projects/Apollo?x=1")


async def test_namesakes_are_offered_and_each_has_an_address(client: httpx2.AsyncClient) -> None:
    await stored()
    await store(project("apollo", id="p2", slug_id="77aa"), item(9, project_id="p2"))
    page = await read(client, "/projects/Apollo")
    assert "2 projects have this name" in page
    for word in ("5e1f", "77aa"):
        assert f'href="/projects/{word}"' in page
        assert "Latest update" in await read(client, f"/projects/{word}")


@pytest.mark.parametrize("name", ["None", "%00", "%FF", "a/b/c", "x" * 5000, "%F0%9F%9A%80"])
async def test_what_is_not_there_is_not_found(client: httpx2.AsyncClient, name: str) -> None:
    await stored()
    assert (await client.get(f"/projects/{name}")).status_code == 404


async def test_each_number_leads_to_a_list_of_just_so_many(client: httpx2.AsyncClient) -> None:
    await stored()
    page = await read(client)
    links = re.findall(r'<a[^>]*href="(/\?project=[^"]+)"[^>]*>(\d+)', page)
    assert len(links) > 5
    for address, count in links:
        listed = await read(client, address.replace("&amp;", "&"))
        assert len(re.findall(r'<li class="item">', listed)) == int(count), address


async def test_the_only_item_in_a_state_is_told_as_one(client: httpx2.AsyncClient) -> None:
    await stored()
    told = re.findall(r'(\d+)<span class="visually-hidden"> (items?)</span>', await read(client))
    assert told == [("1", "item"), ("1", "item")]


async def test_a_name_that_a_filter_would_cut_has_numbers_without_lists(client: httpx2.AsyncClient) -> None:
    await store(project("x" * 300, id="p1"), item(1, project_id="p1"))
    page = await read(client, f"/projects/{'x' * 300}")
    assert "/?project=" not in page
    assert "0 of 1 done" in strip_tags(page)


async def test_where_the_list_is_switched_off_no_number_leads_there(client: httpx2.AsyncClient) -> None:
    await stored()
    assert 'href="/?' in await read(client)
    await query("UPDATE settings SET pages_off = '{list}'")
    page = await read(client)
    assert "1 of 2 done" in strip_tags(page)
    assert 'href="/?' not in page


async def test_the_latest_update_stands_on_top_and_the_others_below(client: httpx2.AsyncClient) -> None:
    await stored()
    apollo = project("Apollo")
    await store(
        update(1, apollo, "The *first*", health="onTrack", user_id="person-Maren", diff_markdown="- Target moved"),
        update(2, apollo, "The second", health="offTrack", is_diff_hidden=True, diff_markdown="- Secret"),
        comment(1, item(1), "Why so?", issue_id=None, project_update_id="update-1"),
        comment(2, item(1), "A word on all", issue_id=None, project_id=apollo.id),
    )
    page = await read(client)
    told = strip_tags(page)
    assert told.index("Latest update Off track") < told.index("The second") < told.index("Milestones")
    assert told.index("Earlier updates On track Maren") < told.index("The first") < told.index("Target moved")
    assert told.index("Why so?") < told.index("Comments A bot")
    assert "Secret" not in page
    assert "<em>first</em>" in page


async def test_updates_beyond_twenty_have_an_address(client: httpx2.AsyncClient) -> None:
    await stored()
    await store(*(update(number, project("Apollo"), f"Word {number}.") for number in range(25)))
    page = await read(client)
    assert page.count('<article class="update"') == 20
    [address] = re.findall(r'href="(/projects/Apollo\?after=[^"]+)" rel="next"', page)
    rest = await read(client, address)
    assert [f"Word {number}." in rest for number in (4, 0, 5)] == [True, True, False]
    assert "Milestones" not in rest
    assert 'rel="next"' not in rest


async def test_what_is_not_shared_is_said_and_not_shown(client: httpx2.AsyncClient) -> None:
    await stored(content="Secret plan")
    await store(update(1, project("Apollo"), "Secret words", user_id="person-Maren"))
    await query(
        "UPDATE sharing_settings SET shows_updates = false, shows_descriptions = false, shows_assignees = false"
    )
    page = await read(client)
    assert "Updates are not shared here." in page
    assert "Descriptions are not shared here." in page
    assert "Secret" not in page
    assert "Maren" not in page


@pytest.mark.parametrize("field", ["started_at", "completed_at", "canceled_at"])
async def test_when_it_began_and_ended_is_told(client: httpx2.AsyncClient, field: str) -> None:
    await stored(**{field: NOON})
    page = await read(client)
    assert re.search(rf"<dt>{field.removesuffix('_at').title()}</dt><dd><time datetime=\"2026-02-06T12:00", page)


async def test_links_into_linear_are_for_who_works_there(client: httpx2.AsyncClient) -> None:
    await stored(url="https://example.com/apollo")
    assert "example.com/apollo" not in await read(client)
    await query("UPDATE users SET is_team_member = true")
    assert 'href="https://example.com/apollo"' in await read(client)


async def test_an_edited_update_says_so(client: httpx2.AsyncClient) -> None:
    await stored()
    await store(update(1, project("Apollo"), edited_at=NOON))
    assert '<span class="muted">edited</span>' in await read(client)


async def test_silence_is_told(client: httpx2.AsyncClient) -> None:
    await stored()
    await store(update(1, project("Apollo"), created_at=datetime.now(UTC) - timedelta(days=30)))
    assert "No update for 4 weeks." in await read(client)


async def test_a_hostile_update_is_text(client: httpx2.AsyncClient) -> None:
    await stored()
    await store(update(1, project("Apollo"), "<script>alert(1)</script>", user_id="x", diff_markdown="<img src=x>"))
    page = await read(client)
    assert "<script>alert" not in page
    assert "<img src=x" not in page


async def test_one_whose_items_are_all_archived_says_so_and_leads_to_them(client: httpx2.AsyncClient) -> None:
    await stored()
    await query("UPDATE backlog_items SET archived_at = now()")
    page = await read(client)
    assert 'href="/?project=Apollo&amp;archived=shown"' in page
    assert "of 0 done" not in page


async def test_what_is_kept_goes_with_the_mirror_and_with_what_is_shared(client: httpx2.AsyncClient) -> None:
    await stored()
    assert "Apollo" in await read(client)
    await query("UPDATE backlog_items SET title = 'Fly' WHERE number = 2")
    await store(update(1, project("Apollo"), "Fresh words"))
    assert "Fresh words" in await read(client)
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-Apollo', false)")
    assert (await client.get("/projects/Apollo")).status_code == 404
