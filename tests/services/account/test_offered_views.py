"""A published view is offered only to whom it names nothing that is hidden from them."""

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope, SharingChoice
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access import sharing, viewer_groups
from shareable_backlog.services.account import published_views, views
from shareable_backlog.services.audit.audit_actions import OPERATOR
from tests.support.mirrored import cycle, item, label, person, project, store, team
from tests.support.signed_in import let_in, read_page_user

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

HIDE_APOLLO = SharingChoice("project", "project-Apollo", is_shown=False)


@pytest.fixture
def bob(database: str) -> int:
    return let_in(database)["bob"]


@pytest.fixture
async def world(live_database: Settings) -> Settings:
    """Store a hidden project and label, a private team, and what is shown."""
    await store(
        project("Apollo"), project("Apollo II"), project("Zeus"), label("vip"), label("bug"), person("Bob"),
        team("SEC", private=True),
    )  # fmt: skip
    await store(
        item(1, project_id="project-Apollo"), item(2, project_id="project-Zeus", label_ids=["label-bug"]),
        item(3, label_ids=["label-vip"]), item(4, team="SEC"), item(5, project_id="project-Apollo II"),
        item(6, assignee_id="person-Bob"),
    )  # fmt: skip
    await change(HIDE_APOLLO, SharingChoice("label", "label-vip", is_shown=False))
    return live_database


async def change(*choices: SharingChoice) -> None:
    settings = await sharing.read_settings()
    await sharing.save_settings(OPERATOR, settings.version, settings.fields, choices)


async def publish(*named: tuple[str, str]) -> None:
    for place, (name, words) in enumerate(named):
        await query(
            "INSERT INTO published_views (name, query, layout, position)"
            " VALUES (%(name)s, %(query)s, 'list', %(place)s)",
            {"name": name, "query": words, "place": place},
        )


async def offered(user_id: int, scope: Scope = EVERYTHING) -> list[str]:
    return [one.name for one in (await views.list_views(user_id, scope)).published]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Plans", "project=Apollo"),
        ("Plans", "-project=apollo"),
        ("Plans", "project=Zeus&project=APOLLO"),
        ("Plans", "label=vip"),
        ("Plans", "team=sec"),
        ("Plans", "q=when+is+%E2%80%9Capollo%E2%80%9D+done%3F"),
        ("Apollo", ""),
        ("The Apollo's plans", ""),
        ("What VIP people want", ""),
        ("All of Team SEC", ""),
        ("Odd", "type=odd&project=Apollo"),
    ],
)
async def test_a_view_that_names_what_is_hidden_is_offered_to_nobody(bob: int, name: str, words: str) -> None:
    await publish((name, words))
    assert await offered(bob) == []
    await query("UPDATE sharing_rules SET is_shown = true")
    await query("UPDATE teams SET private = false")
    assert await offered(bob) == [name]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Zeus", "project=Zeus&label=bug&assignee=Bob"),
        ("Apollo II", "project=Apollo+II"),
        ("Apollonia", "q=apollonian"),
        ("Urgent", "priority=urgent&type=started&due=overdue&no=assignee&order=due"),
        ("Of nothing that is known", "label=gone&project=Hera"),
    ],
)
async def test_a_view_that_names_nothing_hidden_is_offered(bob: int, name: str, words: str) -> None:
    await publish((name, words))
    assert await offered(bob) == [name]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Plans", "cycle=buy+falcon"),
        ("When we buy Falcon", ""),
        ("Whose", "assignee=hugo.h"),
        ("Whose", "creator=Hugo.H"),
        ("Of hugo.h", ""),
    ],
)
@pytest.mark.usefixtures("live_database")
async def test_a_view_of_a_cycle_or_of_a_short_name_that_is_hidden_is_offered_to_nobody(
    bob: int, name: str, words: str
) -> None:
    await store(
        cycle(11, name="Buy Falcon", team_id="team-SEC"), person("Maren", display_name="hugo.h"),
        item(1, team="SEC", cycle_id="cycle", assignee_id="person-Maren"),
    )  # fmt: skip
    await publish((name, words))
    assert await offered(bob) == [name]
    await query("UPDATE teams SET private = true")
    assert await offered(bob) == []


@pytest.mark.usefixtures("world")
async def test_a_group_is_offered_views_of_what_it_sees(bob: int) -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.update_rules(OPERATOR, group_id, [SharingChoice("project", "project-Zeus", is_shown=True)])
    await publish(("Zeus", "project=Zeus"), ("Second", "project=Apollo+II"), ("Everything", ""))
    assert await offered(bob, Scope((group_id,))) == ["Zeus", "Everything"]


@pytest.mark.usefixtures("world")
async def test_what_is_not_offered_can_not_be_copied(bob: int) -> None:
    await publish(("Apollo", "project=Apollo"))
    [(view_id,)] = await query("SELECT id FROM published_views")
    with pytest.raises(NotFound):
        await views.copy_view(bob, EVERYTHING, view_id)


@pytest.mark.usefixtures("world", "bob")
async def test_every_page_offers_the_same_and_follows_each_change_at_once() -> None:
    async def names() -> list[str]:
        return [one.name for one in (await read_page_user("bob")).views.published]

    await publish(("Apollo", "project=Apollo"))
    assert await names() == []
    await change(SharingChoice("project", "project-Apollo", is_shown=True))
    assert await names() == ["Apollo"]
    assert await names() == ["Apollo"]
    await change(HIDE_APOLLO)
    assert await names() == []
    await query("UPDATE published_views SET name = 'Zeus', query = 'project=Zeus'")
    assert await names() == ["Zeus"]


@pytest.mark.usefixtures("world")
async def test_an_admin_is_told_from_whom_a_view_is_kept_and_by_which_name() -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.update_rules(OPERATOR, group_id, [SharingChoice("label", "label-bug", is_shown=True)])
    await publish(("Apollo", ""), ("Second", "project=Apollo+II"), ("Bugs", "label=bug"))
    found = [
        (one.view.name, one.names, one.not_offered_to, one.is_hidden) for one in await published_views.list_views()
    ]
    assert found == [
        ("Apollo", ["Apollo"], [], True),
        ("Second", ["Apollo II"], ["Suppliers"], False),
        ("Bugs", [], [], False),
    ]


@pytest.mark.usefixtures("world")
async def test_a_preview_names_the_views_that_nobody_would_be_offered_any_more() -> None:
    await publish(("Old", "project=Apollo"), ("Zeus", ""), ("Bobs", "assignee=Bob"), ("Bugs", "label=bug"))
    settings = await sharing.read_settings()
    hide_zeus = [SharingChoice("project", "project-Zeus", is_shown=False)]
    found = await sharing.preview_settings(settings.version, settings.fields, hide_zeus)
    assert found.withdrawn == ["Zeus", "Bugs"]
    assert (await published_views.list_withdrawn([], shows_assignees=False)) == ["Bobs"]
    assert (await published_views.list_withdrawn([], shows_assignees=True)) == []
