"""The list and one item, as pages get them."""

from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.sharing import Scope
from shareable_backlog.errors import NotFound
from shareable_backlog.services import backlog, freshness, items
from shareable_backlog.services.backlog import Filters
from tests.mirrored import comment, item, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("opened")]


async def _ran(status: str, at: datetime, message: str | None = None) -> None:
    await query(
        "INSERT INTO sync_history (status, trigger_type, started_at, completed_at, error_message)"
        " VALUES (%(status)s, 'manual', %(at)s, %(at)s, %(message)s)",
        {"status": status, "at": at, "message": message},
    )


async def test_a_page_has_fifty_items_and_leads_to_the_rest() -> None:
    await store(team("ENG"), *(item(number) for number in range(60)))
    first = await backlog.list_page(Scope(), Filters(), None)
    rest = await backlog.list_page(Scope(), Filters(), first.next_after)
    assert (len(first.items), len(rest.items), rest.next_after) == (50, 10, None)
    assert [one.key for one in first.teams] == ["ENG"]


async def test_a_page_that_is_just_full_is_the_last() -> None:
    await store(*(item(number) for number in range(50)))
    assert (await backlog.list_page(Scope(), Filters(), None)).next_after is None


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("ENG-12", "ENG-12"),
        ("eng12", "ENG-12"),
        (" eng-012 ", "ENG-12"),
        ("a1-2", "A1-2"),
        ("12", None),
        ("eng 12", None),
        ("eng-12 photos", None),
        ("eng-" + "9" * 10, None),
    ],
)
async def test_what_looks_like_an_identifier_is_taken_for_one(text: str, identifier: str | None) -> None:
    assert items.as_identifier(text) == identifier


@pytest.mark.parametrize(("text", "count"), [("pho", 1), ('"pho"', 0), ("upload -pho", 1), ("upload photos", 1)])
async def test_only_a_word_that_may_go_on_is_taken_for_a_beginning(text: str, count: int) -> None:
    await store(item(1, "Upload photos"))
    assert len((await backlog.list_page(Scope(), Filters(text=text), None)).items) == count


async def test_an_item_comes_with_its_parent_sub_items_and_threads() -> None:
    one = item(2, parent_id="item-ENG-1")
    await store(item(1, "Above"), one, item(3, parent_id=one.id))
    await store(comment(1, one), comment(2, one, parent_id="comment-1"), comment(3, one, parent_id="comment-2"))
    await store(comment(4, one), comment(5, one, parent_id="not-there"))
    page = await items.item_page(Scope(), "ENG-2")
    assert page.parent is not None
    assert (page.parent.title, [below.identifier for below in page.sub_items]) == ("Above", ["ENG-3"])
    threads = [(thread.first.id, [reply.id for reply in thread.replies]) for thread in page.threads]
    assert threads == [("comment-1", ["comment-2", "comment-3"]), ("comment-4", []), ("comment-5", [])]


async def test_a_parent_in_the_trash_is_not_shown() -> None:
    await store(item(1, trashed=True), item(2, parent_id="item-ENG-1"))
    assert (await items.item_page(Scope(), "ENG-2")).parent is None


async def test_an_unknown_item_is_not_found() -> None:
    with pytest.raises(NotFound, match="no item of that name"):
        await items.item_page(Scope(), "ENG-1")


async def test_before_the_first_run_there_is_no_age() -> None:
    fresh = await freshness.now()
    assert (fresh.as_of, fresh.is_late, fresh.failure, fresh.is_sample) == (None, False, None, False)


async def test_a_mirror_is_late_after_a_quarter_of_an_hour() -> None:
    await _ran("succeeded", datetime.now(UTC) - timedelta(minutes=14))
    assert not (await freshness.now()).is_late
    await query("UPDATE sync_history SET completed_at = completed_at - interval '2 minutes'")
    assert (await freshness.now()).is_late


async def test_a_failed_run_says_why_and_leaves_the_age_of_the_last_good_one() -> None:
    good = datetime.now(UTC) - timedelta(minutes=5)
    await _ran("partial", good)
    await _ran("failed", datetime.now(UTC), "Linear refused the key.")
    fresh = await freshness.now()
    assert (fresh.as_of, fresh.failure) == (good, "Linear refused the key.")


async def test_the_sample_is_never_late() -> None:
    await store(team("FLD", id="sample-team"))
    await _ran("succeeded", datetime.now(UTC) - timedelta(days=9))
    fresh = await freshness.now()
    assert (fresh.is_sample, fresh.is_late) == (True, False)
