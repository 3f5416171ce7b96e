"""An initiative's page over HTTP: its words, its names, its addresses."""

import re
from collections.abc import AsyncGenerator
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from shareable_backlog.controllers.projects import initiatives
from shareable_backlog.controllers.projects import project as project_controller
from shareable_backlog.database import query
from shareable_backlog.errors import BacklogError
from shareable_backlog.web import errors, params
from tests.controllers.projects.test_roadmap import words
from tests.database.projects.test_initiatives import initiative, part
from tests.support.mirrored import NOON, item, person, project, store
from tests.support.signed_in import AsBob

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NAMES = ["Moon", "A/B test", 'Über all "it" & <b>', "50% #1?", "מסע לירח", "a\\b", "x" * 300, "a+b c", "..", "a//b"]


@pytest.fixture
async def client(database: str) -> AsyncGenerator[httpx2.AsyncClient]:
    app = Starlette(
        routes=[
            Route("/initiatives/{name:path}", params.bind(initiatives.show_initiative)),
            Route("/projects/{name:path}", params.bind(project_controller.show_project)),
        ],
        exception_handlers={BacklogError: errors.on_backlog_error},
    )
    transport = httpx2.ASGITransport(AsBob(app, database))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def stored(name: str = "Moon", **fields: Any) -> None:
    """Store an initiative with a project, below another and above a third."""
    await store(
        initiative("Sky"), initiative("Moon", "Sky", **{"name": name, "slug_id": "5e1f", **fields}),
        initiative("Bay", "Moon", status="Planned"), person("Maren"),
        project("A"), project("B"), part("Moon", "A"), part("Bay", "B"),
        item(1, project_id="project-A"), item(2, project_id="project-B"),
    )  # fmt: skip


async def add_updates(count: int) -> None:
    await query(
        """
        INSERT INTO initiative_updates (id, initiative_id, user_id, body, health, is_diff_hidden, created_at,
                                        updated_at)
        SELECT 'u' || n, 'initiative-Moon', 'person-Maren', 'Week *' || n || '* went by', 'atRisk', true, at, at
        FROM (SELECT n, %(noon)s::timestamptz + n * interval '7 days' AS at FROM generate_series(1, %(count)s) n) a
        """,
        {"noon": NOON, "count": count},
    )


async def read(client: httpx2.AsyncClient, path: str = "/initiatives/Moon") -> str:
    answer = await client.get(path)
    assert answer.status_code == 200
    return answer.text


async def test_all_facts_are_told_in_words(client: httpx2.AsyncClient) -> None:
    await stored(
        description="Up we go", content="# Why\n\nAs *planned*", status="Active", owner_id="person-Maren",
        target_date=date(2026, 12, 31), target_date_resolution="quarter", health="atRisk",
        health_updated_at=NOON - timedelta(days=900), started_at=NOON, completed_at=NOON, url="https://example.com/5e1f",
        canceled_at=NOON,
    )  # fmt: skip
    await add_updates(2)
    page = await read(client)
    said = words(page)
    for word in (
        "Up we go",
        "Active",
        "At risk",
        "out of date",
        "Q4 2026",
        "Maren",
        "Started",
        "Completed",
        "Canceled",
        "Latest update",
    ):
        assert word in said, word
    assert "<em>planned</em>" in page
    assert said.index("Week 2 went by") < said.index("0 of 1 done") < said.index("Week 1 went by")
    assert re.search(r"No update for \d+ weeks\.", said)
    assert "Open in Linear" not in said  # who reads it has no seat there


async def test_names_lead_to_the_pages_of_what_is_around_it(client: httpx2.AsyncClient) -> None:
    await stored()
    page = await read(client)
    urls = set(re.findall(r'href="(/(?:initiatives|projects)/[^"]+)"', page))
    assert urls == {"/initiatives/Sky", "/initiatives/Bay", "/projects/A"}
    for url in urls:
        await read(client, url)


@pytest.mark.parametrize("name", NAMES)
async def test_any_name_has_its_address(client: httpx2.AsyncClient, name: str) -> None:
    await stored(name)
    [url] = set(re.findall(r'href="(/initiatives/[^"]+)" dir="auto"', await read(client, "/initiatives/Bay")))
    page = re.sub("[\u2066-\u2069]", "", unescape(await read(client, unescape(url))))
    assert f">{name}<" in page


async def test_another_spelling_and_linears_own_word_lead_to_the_name(client: httpx2.AsyncClient) -> None:
    await stored("Über/Moon")
    for word in ("über/moon", "5e1f", "initiative-Moon"):
        answer = await client.get(f"/initiatives/{quote(word, safe='')}?after=")
        assert (answer.status_code, answer.headers["location"]) == (301, "/initiatives/%C3%9Cber/Moon?after=")


async def test_one_of_several_of_a_name_can_be_chosen(client: httpx2.AsyncClient) -> None:
    await stored()
    await store(initiative("Sea", name="moon", slug_id="77aa"), part("Sea", "A"))
    page = await read(client, "/initiatives/moon")
    assert "2 initiatives have this name" in words(page)
    assert set(re.findall(r'href="(/initiatives/[^"]+)"', page)) == {"/initiatives/5e1f", "/initiatives/77aa"}


async def test_earlier_updates_follow_page_by_page(client: httpx2.AsyncClient) -> None:
    await stored()
    await add_updates(45)
    path, found = "/initiatives/Moon", list[str]()
    while path:
        page = await read(client, path)
        found += re.findall(r"Week <em>(\d+)</em>", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = unescape(following[1]) if following else ""
    assert found == [str(number) for number in range(45, 0, -1)]


async def test_where_nothing_of_it_is_shown_it_is_not_there(client: httpx2.AsyncClient) -> None:
    await stored()
    await query(
        "INSERT INTO sharing_rules (kind, entity_id, is_shown)"
        " VALUES ('project', 'project-A', false), ('project', 'project-B', false)"
    )
    for word in ("Moon", "moon", "Sky", "5e1f", "none"):
        assert (await client.get(f"/initiatives/{word}")).status_code == 404


async def test_where_texts_people_and_updates_are_not_shown_it_says_so(client: httpx2.AsyncClient) -> None:
    await stored(content="Secret plan", owner_id="person-Maren")
    await add_updates(1)
    await query(
        "UPDATE sharing_settings SET shows_descriptions = false, shows_assignees = false, shows_updates = false"
    )
    said = words(await read(client))
    assert "Descriptions are not shared here." in said
    assert "Updates are not shared here." in said
    assert not re.search("Secret|Maren|went by", said)
