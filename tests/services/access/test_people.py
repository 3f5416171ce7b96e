"""Everybody who may sign in, as admins and the operator find them: narrowed, page by page, taken along."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access import people
from shareable_backlog.services.access.people import PAGE_SIZE, UserFilters
from shareable_backlog.services.audit.audit_actions import Actor
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ALICE = Actor(None, "alice@example.com", None, None)
ALL = UserFilters()


async def add(count: int, *, hours_ago: str = "NULL") -> None:
    """Add viewers p1, p2 and so on, who were last here so many hours ago, by their number `n`; NULL: never."""
    await query(
        "INSERT INTO users (email, is_approved, last_access_at) SELECT 'p' || n || '@example.com', true,"  # pyright: ignore[reportArgumentType] (ours)
        f" now() - make_interval(hours => {hours_ago}) FROM generate_series(1, {count}) n"
    )


async def names(filters: UserFilters = ALL) -> list[str]:
    """Return whom the filter finds, by the beginning of the mail address."""
    return [one.email.partition("@")[0] for one in await people.list_everybody(filters)]


async def test_the_last_seen_come_first_and_who_was_never_here_comes_last() -> None:
    await add(3, hours_ago="5 - n")
    await query("INSERT INTO users (email) VALUES ('older@example.com'), ('newer@example.com')")
    assert await names() == ["p3", "p2", "p1", "newer", "older"]


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("active", {"alice", "bob"}),
        ("pending", {"carol"}),
        ("disabled", {"dora"}),
        ("declined", {"edgar"}),
        ("expired", {"erin"}),
        ("of tomorrow", set[str]()),
    ],
)
async def test_each_person_is_in_one_state(database: str, state: str, found: set[str]) -> None:
    let_in(database, "alice", "bob", "carol", "dora", "edgar", "erin")
    await query("UPDATE users SET access_until = now() - interval '1 second' WHERE email = 'erin@example.com'")
    assert set(await names(UserFilters(state=state))) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("BOB", ["bob"]), ("müller", ["bob"]), ("@example", ["alice", "bob"]), ("_", []), ("", ["alice", "bob"])],
)
async def test_a_text_is_a_part_of_the_mail_address_or_the_name_in_any_case(
    database: str, text: str, found: list[str]
) -> None:
    let_in(database)
    await query("UPDATE users SET display_name = 'Robert MÜLLER' WHERE email = 'bob@example.com'")
    assert sorted(await names(UserFilters(text=text))) == found


async def test_filters_narrow_together(database: str) -> None:
    let_in(database, "alice", "bob", "carol")
    await query("UPDATE users SET last_access_at = now() WHERE email = 'bob@example.com'")
    assert await names(UserFilters(state="active", never_seen=True)) == ["alice"]
    assert await names(UserFilters(text="bob", never_seen=True)) == []


async def test_pages_have_fifty_people_each_once_though_many_were_here_at_the_same_time() -> None:
    await add(PAGE_SIZE + 20, hours_ago="n / 40")
    first = await people.list_people(ALL, None)
    assert (len(first.people), first.next_after is not None) == (50, True)
    second = await people.list_people(ALL, first.next_after)
    assert (len(second.people), second.next_after) == (20, None)
    assert len({one.id for one in first.people + second.people}) == PAGE_SIZE + 20


async def test_after_a_last_page_that_is_full_there_is_none() -> None:
    await add(PAGE_SIZE)
    assert (await people.list_people(ALL, None)).next_after is None


async def test_who_waits_is_on_every_page_whatever_it_is_narrowed_to_the_longest_waiting_first() -> None:
    await query(
        "INSERT INTO users (email, created_at) SELECT 'w' || n || '@example.com', now() - make_interval(hours => n)"
        " FROM generate_series(1, 203) n"
    )
    found = await people.list_people(UserFilters(state="active"), None)
    assert found.people == []
    assert [one.email for one in found.waiting] == [f"w{number}@example.com" for number in range(203, 3, -1)]


async def test_a_page_has_the_groups_that_people_can_be_put_into(database: str) -> None:
    let_in(database, "erin")
    assert [(one.name, one.people) for one in (await people.list_people(ALL, None)).groups] == [("Nobody's", 1)]


async def test_a_person_is_shown_with_the_groups_that_there_are(database: str) -> None:
    ids = let_in(database, "bob", "erin")
    page = await people.read_person(ids["erin"])
    assert (page.user.email, page.user.group_ids) == ("erin@example.com", [page.groups[0].id])
    assert (await people.read_person(ids["bob"])).user.group_ids == []


async def test_a_person_who_was_deleted_is_said_so() -> None:
    with pytest.raises(NotFound, match="Somebody may have deleted them"):
        await people.read_person(1)


async def test_an_export_is_on_record_with_its_filter_before_the_first_part(database: str) -> None:
    let_in(database)
    parts = await people.export_people(ALICE, UserFilters(text="b", state="active"))
    assert await query("SELECT action, actor_email, details FROM audit_logs") == [
        ("people.exported", "alice@example.com", {"text": "b", "state": "active", "never_seen": False})
    ]
    assert [[one.email for one in part] async for part in parts] == [["bob@example.com"]]


async def test_an_export_has_everybody_once_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_EXPORTED_AT_ONCE", 2)
    await add(5)
    parts = [part async for part in await people.export_people(ALICE, ALL)]
    assert [len(part) for part in parts] == [2, 2, 1]
    assert len({one.id for part in parts for one in part}) == 5
    assert len(await people.list_everybody(ALL)) == 5


async def test_a_person_is_found_by_the_mail_address_in_any_case(database: str) -> None:
    ids = let_in(database)
    assert await people.read_user_id("BOB@example.com") == ids["bob"]
    with pytest.raises(NotFound, match=r"no person with the address carol@example\.com"):
        await people.read_user_id("carol@example.com")


async def test_who_waits_is_offered_what_newcomers_are_given_or_the_groups_of_their_provider(database: str) -> None:
    ids = let_in(database, "carol", "erin")
    [group] = (await people.list_people(ALL, None)).groups
    assert (await people.list_people(ALL, None)).offered_to_waiting == NOTHING
    await query("UPDATE sharing_settings SET newcomers_see_everything = true")
    page = await people.list_people(ALL, None)
    assert (page.offered, page.offered_to_waiting) == (EVERYTHING, EVERYTHING)
    assert (await people.read_person(ids["carol"])).offered == EVERYTHING
    assert (await people.read_person(ids["erin"])).offered == Scope((group.id,)), "what they have"
    await query(
        "INSERT INTO viewer_group_members (user_id, viewer_group_id) SELECT %(carol)s, id FROM viewer_groups", ids
    )
    page = await people.list_people(ALL, None)
    assert (page.offered, page.offered_to_waiting) == (EVERYTHING, Scope((group.id,)))
    assert (await people.read_person(ids["carol"])).offered == Scope((group.id,))
