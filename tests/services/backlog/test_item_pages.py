"""The list and its groups, asked for in the words of an address."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import item_groups, item_list, ranks
from shareable_backlog.database.backlog.selection import item_query
from shareable_backlog.database.connection.query import query_all
from shareable_backlog.vocabulary import ORDERS
from tests.support.listing import groups, identifiers, read_groups, read_page, store_world
from tests.support.mirrored import NOON, comment, item, state, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_the_newest_update_comes_first() -> None:
    await store(item(2), item(3), item(1))
    assert await identifiers("") == ["ENG-3", "ENG-2", "ENG-1"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("label.all=bug&label.all=roof", ["OPS-3"]),
        ("label.all=bug&label.all=area", ["OPS-3"]),
        ("label.all=bug&label.all=nowhere", []),
        ("label=bug&-label=roof", ["ENG-1"]),
        ("label.all=bug&-label=roof&type=started", ["ENG-1"]),
        ("no=estimate&no=label&team=ENG", ["ENG-5"]),
        ("estimate=3&no=estimate", ["ENG-5", "OPS-4", "OPS-3", "ENG-2", "ENG-1"]),
        ("no=completed&has=due", ["ENG-5", "OPS-4"]),
        ("completed=2026-02-01..2026-02-10", ["ENG-2"]),
        ("completed=2026-02-07..", []),
    ],
)
async def test_an_item_has_all_that_is_wanted_and_what_can_be_empty_can_be_asked_for(
    words: str, found: list[str]
) -> None:
    await store_world()
    assert await identifiers(words) == found


async def test_estimates_that_are_not_shown_or_no_longer_used_are_not_told_by_what_is_found() -> None:
    await store_world()
    await query("UPDATE teams SET issue_estimation_type = 'notUsed' WHERE key = 'ENG'")
    assert await identifiers("estimate=3") == []
    assert "ENG-2" in await identifiers("no=estimate")
    await query("UPDATE teams SET issue_estimation_type = NULL; UPDATE sharing_settings SET shows_estimates = false")
    assert [await identifiers(words) for words in ("estimate=3", "-estimate=3", "no=estimate")] == [[], [], []]


async def test_a_page_leads_to_the_rest() -> None:
    await store(*(item(number) for number in range(60)))
    first = await read_page("")
    rest = await read_page("", after=first.next_after)
    assert (len(first.items), len(rest.items), rest.next_after) == (50, 10, None)


async def test_a_page_that_is_just_full_is_the_last() -> None:
    await store(*(item(number) for number in range(50)))
    assert (await read_page("")).next_after is None


@pytest.mark.parametrize("order", [one for one in ORDERS if one != "relevance"])
async def test_pages_of_every_order_meet_without_gap_or_overlap(order: str) -> None:
    await store(state("started"), state("unstarted"), state("completed"))
    types = ("started", "unstarted", "completed")
    await store(
        *(
            item(
                number,
                updated_at=NOON + timedelta(minutes=number % 3),
                created_at=NOON + timedelta(minutes=number % 2),
                priority=number % 5,
                due_date=date(2026, 3, 1 + number % 4) if number % 3 else None,
                sort_order=float(number % 4) if number % 5 else None,
                state_id=f"ENG-{types[number % 3]}-0",
            )
            for number in range(1, 24)
        )
    )
    whole = await identifiers(f"order={order}")
    seen: list[str] = []
    after = None
    while True:
        part = await read_page(f"order={order}", after=after, limit=4)
        seen += [one.identifier for one in part.items]
        if (after := part.next_after) is None:
            break
    assert (len(set(seen)), seen) == (23, whole)


async def test_each_order_puts_first_what_its_name_says() -> None:
    await store(state("started"), state("completed"))
    old, new = NOON, NOON + timedelta(hours=1)
    await store(
        item(1, priority=1, state_id="ENG-completed-0", created_at=old, sort_order=2.0),
        item(2, priority=4, state_id="ENG-started-0", created_at=new, due_date=date(2026, 3, 1), sort_order=3.0),
        item(3, priority=0, state_id="ENG-completed-0", created_at=old, due_date=date(2026, 2, 1), sort_order=-1.0),
    )
    assert await identifiers("order=rank") == ["ENG-1", "ENG-2", "ENG-3"]
    assert await identifiers("order=created") == ["ENG-2", "ENG-3", "ENG-1"]
    assert await identifiers("order=priority") == ["ENG-1", "ENG-2", "ENG-3"]
    assert await identifiers("order=due") == ["ENG-3", "ENG-2", "ENG-1"]
    assert await identifiers("order=state") == ["ENG-2", "ENG-3", "ENG-1"]
    assert await identifiers("order=manual") == ["ENG-3", "ENG-1", "ENG-2"]


@pytest.mark.parametrize("order", ["rank", "updated", "created", "priority", "state", "manual"])
async def test_an_order_that_is_turned_round_begins_with_what_was_last(order: str) -> None:
    await store(state("started"), state("completed"))
    states = ("ENG-started-0", "ENG-completed-0", None)
    await store(
        *(
            item(number, priority=number % 5, sort_order=float(-number), priority_sort_order=1.0 * (number % 2),
                 state_id=states[number % 3], completed_at=NOON if number % 3 == 1 else None)
            for number in range(12)
        )
    )  # fmt: skip
    assert await identifiers(f"order=-{order}") == (await identifiers(f"order={order}"))[::-1]


async def test_what_has_no_due_date_stands_last_both_ways() -> None:
    await store(item(1), item(2, due_date=date(2026, 3, 1)), item(3, due_date=date(2026, 2, 1)))
    assert await identifiers("order=due") == ["ENG-3", "ENG-2", "ENG-1"]
    assert await identifiers("order=-due") == ["ENG-2", "ENG-3", "ENG-1"]


async def test_what_is_done_stands_at_the_end_by_rank_the_newest_first() -> None:
    await store(
        item(1, priority=1, completed_at=NOON),
        item(2, priority=4),
        item(3, priority=0, canceled_at=NOON + timedelta(hours=1)),
    )
    assert await identifiers("order=rank") == ["ENG-2", "ENG-3", "ENG-1"]


async def test_an_admin_may_have_linears_manual_order_for_the_rank() -> None:
    await store(
        item(1, priority=1, priority_sort_order=1.0, sort_order=3.0),
        item(2, priority=4, priority_sort_order=2.0, sort_order=1.0),
        item(3, priority=2, priority_sort_order=3.0, sort_order=2.0),
        item(4, priority=1, sort_order=0.0, completed_at=NOON),
    )
    assert await identifiers("order=rank") == ["ENG-1", "ENG-3", "ENG-2", "ENG-4"]
    await query("UPDATE settings SET rank_order = 'manual'")
    assert await identifiers("order=rank") == ["ENG-2", "ENG-3", "ENG-1", "ENG-4"]
    part = await read_page("order=rank", limit=2)
    assert await identifiers("order=rank", after=part.next_after) == ["ENG-1", "ENG-4"]
    assert await ranks.list_ranked_ids(EVERYTHING) == ["item-ENG-2", "item-ENG-3", "item-ENG-1"]


async def test_a_search_for_rare_words_is_in_the_order_of_states_too() -> None:
    types = ("completed", "started", "canceled", "unstarted")
    await store(*(state(type_) for type_ in types))
    await store(
        *(item(at, "A door", state_id=f"ENG-{type_}-0") for at, type_ in enumerate(types, 1)), item(5, "A door")
    )
    assert await identifiers("q=door&order=state") == ["ENG-2", "ENG-4", "ENG-1", "ENG-3", "ENG-5"]


async def test_archived_trashed_and_removed_items_are_not_listed() -> None:
    await store(item(1), item(2, archived_at=NOON), item(3, trashed=True), item(4))
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 4")
    assert await identifiers("") == ["ENG-1"]


@pytest.mark.parametrize("order", [one for one in ORDERS if one not in {"relevance", "state", "-state"}])
async def test_archived_items_stand_among_the_others_when_they_are_asked_for(order: str) -> None:
    await store(item(1), item(2, archived_at=NOON, priority=1), item(3))
    assert sorted(await identifiers(f"archived=shown&order={order}")) == ["ENG-1", "ENG-2", "ENG-3"]
    assert await identifiers("archived=shown&priority=urgent") == ["ENG-2"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("team=ENG", [5, 2, 1]),
        ("team=eng&team=OPS", [5, 4, 3, 2, 1]),
        ("-team=ENG", [4, 3]),
        ("type=started", [3, 1]),
        ("type=started&team=ENG", [1]),
        ("-type=started", [5, 4, 2]),
        ("state=In Review", [3, 1]),
        ("state=in review&-team=OPS", [1]),
        ("-state=In Review", [5, 4, 2]),
        ("done=hidden", [5, 4, 3, 1]),
        ("no=state", [5, 4]),
        ("has=state", [3, 2, 1]),
        ("state=completed&no=state", [5, 4, 2]),
        ("state=completed&no=state&team=OPS", [4]),
        ("type=completed&done=hidden", []),
        ("priority=urgent&priority=high", [5, 1]),
        ("priority=none", [4, 3, 2]),
        ("no=priority", [4, 3, 2]),
        ("has=priority", [5, 1]),
        ("-priority=urgent", [5, 4, 3, 2]),
        ("assignee=alice", [1]),
        ("assignee=Bobby", [2]),
        ("no=assignee", [5, 4, 3]),
        ("assignee=Alice&no=assignee", [5, 4, 3, 1]),
        ("has=assignee", [2, 1]),
        ("-assignee=Alice", [5, 4, 3, 2]),
        ("-assignee=Alice&has=assignee", [2]),
        ("label=bug", [3, 1]),
        ("label=Area", [3]),
        ("-label=bug", [5, 4, 2]),
        ("no=label", [5, 4, 2]),
        ("label=bug&-label=roof", [1]),
        ("project=apollo", [4, 2]),
        ("no=project", [5, 3, 1]),
        ("milestone=launch", [4]),
        ("cycle=12", [2]),
        ("cycle=current", [2]),
        ("has=cycle", [2]),
        ("creator=bob", [3]),
        ("due=overdue", [4]),
        ("due=7d", [5]),
        ("due=today", []),
        ("due=2026-02-01..2026-02-06", [4]),
        ("due=2026-02-06..", [5]),
        ("due=..2026-02-05", [4]),
        ("due=2026-02-09&no=due", [5, 3, 2, 1]),
        ("has=due", [5, 4]),
        ("-due=overdue", [5, 3, 2, 1]),
        ("updated=today", [5, 4, 3, 2, 1]),
        ("updated=2026-02-07..", []),
        ("-updated=7d", []),
        ("project=apollo&label=bug", []),
        ("project=nowhere", []),
        ("assignee=alice&type=started&priority=urgent", [1]),
    ],
)
async def test_each_filter_leaves_what_it_says(words: str, found: list[int]) -> None:
    await store_world()
    assert [int(one[4:]) for one in await identifiers(words)] == found


async def test_what_is_done_is_not_overdue() -> None:
    await store(item(1, due_date=date(2026, 1, 1), completed_at=NOON), item(2, due_date=date(2026, 1, 1)))
    assert await identifiers("due=overdue") == ["ENG-2"]


async def test_who_has_it_can_not_be_asked_while_people_are_not_shown() -> None:
    await store_world()
    await query("UPDATE sharing_settings SET shows_assignees = false")
    assert await identifiers("assignee=alice") == await identifiers("no=assignee") == []
    assert await identifiers("-assignee=alice") == await identifiers("creator=bob") == []
    assert await groups("group=assignee") == {None: (5, ["ENG-5", "OPS-4", "OPS-3"])}


@pytest.mark.parametrize(("words", "count"), [("pho", 1), ('"pho"', 0), ("upload -pho", 1), ("upload photos", 1)])
async def test_only_a_word_that_may_go_on_is_taken_for_a_beginning(words: str, count: int) -> None:
    await store(item(1, "Upload photos"))
    assert len(await identifiers(f"q={words}")) == count


async def test_a_search_finds_first_what_is_called_so_then_titles_then_all_else() -> None:
    described, titled = item(9, description="As ENG-1 says."), item(2, "After ENG-1")
    await store(described, titled, item(1), comment(1, item(3)), item(3))
    assert await identifiers("q=eng-1") == ["ENG-1", "ENG-2", "ENG-9"]
    assert await identifiers("q=eng-1&order=updated") == ["ENG-9", "ENG-2", "ENG-1"]


async def test_pages_of_a_search_meet_without_gap_or_overlap() -> None:
    await store(*(item(n, "A roof" if n % 3 else "Other", description="The roof leaks.") for n in range(1, 24)))
    seen: list[str] = []
    after = None
    while True:
        part = await read_page("q=roof", after=after, limit=5)
        seen += [one.identifier for one in part.items]
        if (after := part.next_after) is None:
            break
    assert (len(set(seen)), seen) == (23, await identifiers("q=roof"))


async def test_a_search_is_narrowed_by_filters() -> None:
    await store_world()
    assert await identifiers("q=title&team=OPS") == ["OPS-4", "OPS-3"]
    assert await identifiers("q=title&type=started&order=priority") == ["ENG-1", "OPS-3"]
    assert await identifiers("q=eng-1&team=OPS") == []


async def test_an_identifier_finds_its_item_now_and_after_a_move() -> None:
    await store(item(1), item(12), item(3, team="OPS", previous_identifiers=["ENG-99"]))
    assert await identifiers("q=eng1") == ["ENG-1"]
    assert await identifiers("q=eng-99") == ["OPS-3"]


async def test_an_archived_item_is_found_when_archived_ones_are_shown() -> None:
    await store(item(1, "Roof", archived_at=datetime.now(UTC)), item(2, "Roof"))
    assert await identifiers("q=roof") == ["ENG-2"]
    assert await identifiers("q=roof&archived=shown") == ["ENG-2", "ENG-1"]


@pytest.mark.parametrize("words", ["q=roof", "group=state", "q=roof&group=label", "group=label&priority=high"])
async def test_every_statement_is_one_that_a_lost_connection_lets_run_again(
    monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    await store(item(1, "Roof", priority=2))
    ran: list[str] = []

    async def noting(sql: LiteralString, *given: Any, **row: Any) -> Any:
        ran.append(sql.lstrip()[:6])
        return await query(sql, *given, **row)

    async def noting_all(statements: Sequence[tuple[LiteralString, Any]], **row: Any) -> Any:
        ran.extend(sql.lstrip()[:6] for sql, _ in statements)
        return await query_all(statements, **row)

    monkeypatch.setattr(item_groups, "FEW", 0)
    monkeypatch.setattr(item_groups, "_FEW_OF_ALL", 0)
    monkeypatch.setattr(item_groups, "query_all", noting_all)
    for room in (item_groups, item_list, item_query):
        monkeypatch.setattr(room, "query", noting)
    await (read_groups(words) if "group" in words else read_page(words))
    assert set(ran) == {"SELECT"}
