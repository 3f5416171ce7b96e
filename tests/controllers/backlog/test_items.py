"""The item page over HTTP, as bob gets it."""

import gzip
import re
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from shareable_backlog.controllers.backlog import items
from shareable_backlog.database import query
from shareable_backlog.errors import BacklogError
from shareable_backlog.web import errors, params
from shareable_backlog.web.pages import assets
from tests.support.mirrored import attachment, comment, item, label, person, project, relation, state, store, team
from tests.support.signed_in import AsBob

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def client(database: str) -> AsyncGenerator[httpx2.AsyncClient]:
    routes = [
        Route("/items/{identifier}", params.bind(items.show_item)),
        Route("/static/{path:path}", params.bind(assets.send_file)),
    ]
    app = Starlette(routes=routes, exception_handlers={BacklogError: errors.on_backlog_error})
    transport = httpx2.ASGITransport(AsBob(app, database))
    headers = {"Accept": "text/html"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


async def page(client: httpx2.AsyncClient, identifier: str = "ENG-1") -> str:
    answer = await client.get(f"/items/{identifier}")
    assert answer.status_code == 200
    return answer.text


async def test_sub_items_say_how_many_are_done(client: httpx2.AsyncClient) -> None:
    done = state("completed")
    await store(done, item(1), item(2, parent_id="item-ENG-1", state_id=done.id), item(3, parent_id="item-ENG-1"))
    assert "1 of 2 done" in await page(client)


async def test_many_sub_items_are_not_all_of_them(client: httpx2.AsyncClient) -> None:
    await store(item(1), *(item(number, parent_id="item-ENG-1") for number in range(2, 202)))
    assert "the first 200" not in await page(client)
    await store(item(202, parent_id="item-ENG-1"))
    shown = await page(client)
    assert "the first 200" in shown
    assert shown.count('class="item"') == 200


async def test_very_many_comments_are_the_newest(client: httpx2.AsyncClient) -> None:
    one = item(1)
    await store(one, *(comment(number, one, body=f"Word {number}.") for number in range(501)))
    shown = await page(client)
    assert "the newest 500 comments" in shown
    assert "Word 500." in shown
    assert "Word 0." not in shown


async def test_a_relation_that_is_not_shared_is_told_without_a_name(client: httpx2.AsyncClient) -> None:
    one, secret, other = item(1), item(7, "Takeover", team="SEC"), item(8, "Merger", team="SEC")
    await store(team("SEC", private=True), one, item(2), secret, other)
    await store(relation("blocks", secret, one), relation("related", one, item(2)), relation("related", other, one))
    shown = await page(client)
    assert "Blocked by" in shown
    assert "1 item that is not shared with you" in shown
    assert "1 more item that is not shared with you" in shown
    assert not re.search("Takeover|Merger|SEC", shown)


async def test_an_attachment_is_a_link_that_tells_nothing(client: httpx2.AsyncClient) -> None:
    one = item(1)
    await store(one, attachment(1, one, title="Plan", url='https://example.com/?"&<', source_type="github"))
    shown = await page(client)
    assert 'href="https://example.com/?&#34;&amp;&lt;" rel="noopener noreferrer nofollow"' in shown
    assert "GitHub" in shown


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.com/x"])
async def test_an_attachment_without_an_address_of_the_web_is_words(client: httpx2.AsyncClient, url: str) -> None:
    one = item(1)
    await store(one, attachment(1, one, title="<script>Plan", url=url, subtitle="<b>", source_type="<i>"))
    shown = await page(client)
    assert "&lt;script&gt;Plan" in shown
    assert url not in shown
    assert not re.search("<script>Plan|<i>", shown)


async def test_a_name_that_no_path_keeps_leads_to_its_list(client: httpx2.AsyncClient) -> None:
    await store(label(".."), person("a//b"), item(1, label_ids=["label-.."], assignee_id="person-a//b"))
    shown = await page(client)
    assert 'href="/?label=.."' in shown
    assert 'href="/?assignee=a//b"' in shown


async def test_hostile_names_lead_on_as_text(client: httpx2.AsyncClient) -> None:
    name = "\"><script>&label=x#'"
    one = item(1, project_id=f"project-{name}", label_ids=[f"label-{name}"], assignee_id=f"person-{name}")
    await store(project(name), label(name), person(name), one, item(2, name), relation("similar", one, item(2)))
    shown = await page(client)
    for path in ("/projects/", "/labels/", "/people/"):
        assert f'href="{path}%22%3E%3Cscript%3E%26label%3Dx%23%27"' in shown
    assert "<script>&" not in shown


@pytest.mark.parametrize(
    ("days", "words"),
    [(-1, "1 day overdue"), (-12, "12 days overdue"), (0, "today"), (1, "tomorrow"), (7, "in 7 days")],
)
async def test_a_due_date_says_how_late_it_is(client: httpx2.AsyncClient, days: int, words: str) -> None:
    await store(item(1, due_date=TODAY + timedelta(days=days)))
    assert f">{words}</span>" in await page(client)


async def test_what_is_done_is_never_overdue(client: httpx2.AsyncClient) -> None:
    await store(item(1, due_date=TODAY - timedelta(days=3), completed_at=datetime.now(UTC)))
    assert "overdue" not in await page(client)


async def test_an_item_that_was_moved_tells_from_where(client: httpx2.AsyncClient) -> None:
    todo, doing = state("unstarted", name="Todo"), state("started", name="Doing")
    await store(todo, doing, item(1, state_id=todo.id))
    await store(item(1, state_id=doing.id, updated_at=datetime.now(UTC)))
    assert "To <b>Doing</b> from Todo" in await page(client)


@pytest.mark.parametrize(("scale", "estimate"), [("tShirt", "L to XL"), ("fibonacci", "5 to 8")])
async def test_the_history_tells_what_moved(client: httpx2.AsyncClient, scale: str, estimate: str) -> None:
    await store(team("ENG", issue_estimation_type=scale), project("Apollo", id="p1"))
    await store(item(1, due_date=date(2020, 12, 1), priority=2, estimate=5))
    moved = item(1, due_date=date(2021, 1, 15), priority=1, estimate=8, project_id="p1", updated_at=datetime.now(UTC))
    await store(moved)
    history = (await page(client)).partition('id="history"')[2]
    words = " ".join(re.sub(r"<[^>]+>", "", history).split())
    assert "Due date slipped from 1 Dec 2020 to 15 Jan 2021" in words
    assert "Priority from High to Urgent" in words
    assert "Project from none to Apollo" in words
    assert f"Estimate from {estimate}" in words


async def test_a_long_history_is_folded(client: httpx2.AsyncClient) -> None:
    states = [state("unstarted"), state("started")]
    await store(*states)
    for hour in range(15):
        at = datetime(2026, 2, 7, hour, tzinfo=UTC)
        await store(item(1, state_id=states[hour % 2].id, updated_at=at), indexed=False)
    shown = await page(client)
    assert "<summary>6 earlier</summary>" in shown
    assert shown.index("Created") < shown.index("</details>", shown.index("6 earlier"))


async def test_what_is_not_shared_is_said_and_not_shown(client: httpx2.AsyncClient) -> None:
    one = item(1, description="A secret plan")
    await store(one, comment(1, one, "A secret plan too"))
    await query("UPDATE sharing_settings SET shows_descriptions = false, shows_comments = false")
    shown = await page(client)
    assert "Descriptions are not shared here." in shown
    assert "Comments are not shared here." in shown
    assert "secret" not in shown


async def test_attachments_that_are_not_shared_do_not_exist(client: httpx2.AsyncClient) -> None:
    one = item(1)
    await store(one, attachment(1, one, title="A secret plan"))
    await query("UPDATE sharing_settings SET shows_attachments = false")
    assert "secret" not in await page(client)


async def test_hidden_gone_and_unknown_items_are_answered_alike(client: httpx2.AsyncClient) -> None:
    await store(team("SEC", private=True), item(1, team="SEC"), item(2), item(3, trashed=True))
    await query("UPDATE backlog_items SET removed_at = now() WHERE identifier = 'ENG-2'")
    answers = [await client.get(f"/items/{name}") for name in ("SEC-1", "ENG-2", "ENG-3", "ENG-99")]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({re.sub("<code>.*?</code>", "", answer.text) for answer in answers}) == 1  # but for its own number
    assert "There is no item by that name" in answers[0].text
    assert 'href="/"' in answers[0].text


async def test_a_rich_item_weighs_little(client: httpx2.AsyncClient) -> None:
    one = item(1, description="A line of *words* about ENG-2, with https://example.com/address.\n\n" * 200)
    others = [item(number, f"Title of item {number}", parent_id=one.id) for number in range(2, 42)]
    await store(one, *others, *(relation("related", one, other) for other in others))
    await store(*(comment(number, one, f"What I think of ENG-{number}") for number in range(40)))
    files = [await client.get(assets.build_url(name)) for name in ("style.css", "app.js", "icon.svg")]
    sent = [(await page(client)).encode(), *(file.content for file in files)]
    assert sum(len(gzip.compress(content)) for content in sent) < 40_000


@pytest.mark.parametrize(
    ("scale", "estimate", "said"),
    [
        ("tShirt", 3.0, "M"),
        ("tShirt", 21.0, "XXXL"),  # the largest of Linear's sizes
        ("tShirt", 4.0, "4 points"),
        ("fibonacci", 1.0, "1 point"),
        (None, 2.5, "2.5 points"),
        ("notUsed", 3.0, None),
    ],
)
async def test_an_estimate_is_said_as_its_team_says_it(
    client: httpx2.AsyncClient, scale: str | None, estimate: float, said: str | None
) -> None:
    await store(team("ENG", issue_estimation_type=scale), item(1, estimate=estimate))
    assert re.findall(r"<dt>Estimate</dt><dd>([^<]*)<", await page(client)) == ([said] * 2 if said else [])


async def test_whoever_is_no_person_of_linear_made_it_and_leads_to_no_list(client: httpx2.AsyncClient) -> None:
    await store(item(1, external_user_creator_name="Octo Cat", bot_actor_name="GitHub"))
    shown = await page(client)
    assert "<dt>Created by</dt><dd>Octo Cat</dd>" in shown
    assert "Created by Octo Cat" in shown
    assert "creator=" not in shown


async def test_links_into_linear_are_for_admins(client: httpx2.AsyncClient) -> None:
    await store(item(1, url="https://linear.example.com/ENG-1", description="Much text. " * 20_000))
    assert "linear.example.com" not in await page(client)
    await query("UPDATE users SET is_admin = true WHERE email = 'bob@example.com'")
    assert 'href="https://linear.example.com/ENG-1"' in await page(client)
