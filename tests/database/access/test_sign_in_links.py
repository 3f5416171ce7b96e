"""The links mailed for signing in: one a mail address, good once, for a while, and for a few wrong codes."""

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import sign_in_links
from shareable_backlog.database.access.sign_in_links import AskLimits, SignInLink
from tests.support.database.locking import list_free, run_beside

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

BOB, ALICE = "bob@example.com", "alice@example.com"
NO_LIMITS = AskLimits(per_quarter=1000, per_day=1000)


async def replace(
    email: str = BOB, token: bytes = b"token", browser: bytes = b"browser", limits: AskLimits = NO_LIMITS
) -> int:
    link_id = await ask(email, token, browser, limits)
    assert link_id
    return link_id


async def ask(email: str, token: bytes, browser: bytes, limits: AskLimits) -> int | None:
    async with transaction() as tx:
        return await sign_in_links.replace_link(
            tx,
            email=email,
            salt=b"salt",
            token_hash=token,
            browser_hash=browser,
            next_path="/?team=ENG",
            lives_s=600,
            limits=limits,
        )


async def replace_operators(email: str = BOB, token: bytes = b"operators") -> int:
    async with transaction() as tx:
        return await sign_in_links.replace_operators_link(
            tx, email=email, salt=b"salt", token_hash=token, lives_s=3600
        )


async def use(link_id: int) -> bool:
    async with transaction() as tx:
        return await sign_in_links.use_link(tx, link_id)


async def note_wrong_codes(link_id: int, count: int, most_a_day: int = 1000) -> list[bool]:
    closed: list[bool] = []
    for _ in range(count):
        async with transaction() as tx:
            closed.append(await sign_in_links.record_wrong_code(tx, link_id, most_a_day))
    return closed


async def find(link_id: int) -> SignInLink:
    found = await sign_in_links.find_by_id(link_id)
    assert found
    return found


async def test_a_link_comes_back_as_it_was_stored_and_is_open() -> None:
    link_id = await replace()
    found = await find(link_id)
    assert found == SignInLink(link_id, BOB, b"salt", b"browser", "/?team=ENG", found.expires_at, is_open=True)
    assert await query("SELECT expires_at = created_at + interval '600 seconds' FROM sign_in_links") == [(True,)]


async def test_a_new_link_makes_the_earlier_one_of_its_address_worthless_and_no_other() -> None:
    earlier, of_another = await replace(token=b"1"), await replace(ALICE, token=b"2")
    newest = await replace(token=b"3")
    assert await sign_in_links.find_by_id(earlier) is None
    assert not await use(earlier)
    assert (await find(of_another)).is_open
    assert (await find(newest)).is_open


async def test_a_link_that_the_operator_made_belongs_to_no_browser() -> None:
    assert (await find(await replace_operators())).browser_hash is None


async def test_a_link_is_found_by_its_token_and_locked(database: str) -> None:
    link_id = await replace()
    async with transaction() as tx:
        found = await sign_in_links.find_by_token(tx, b"token")
        assert found
        assert found.id == link_id
        assert list_free(database, "sign_in_links") == []
        assert await sign_in_links.find_by_token(tx, b"another") is None


async def test_a_browser_has_the_newest_link_it_asked_for_and_that_one_locked(database: str) -> None:
    for_alice = await replace(ALICE, token=b"1")
    for_bob = await replace(BOB, token=b"2")
    await replace("carol@example.com", token=b"3", browser=b"another")
    async with transaction() as tx:
        found = await sign_in_links.find_by_browser(tx, b"browser")
        assert found
        assert found.id == for_bob
        assert for_alice in list_free(database, "sign_in_links")
        assert for_bob not in list_free(database, "sign_in_links")
        assert await sign_in_links.find_by_browser(tx, b"unknown") is None


async def test_a_link_is_used_up_once() -> None:
    link_id = await replace()
    assert await use(link_id)
    assert not await use(link_id)
    assert not (await find(link_id)).is_open


async def test_of_two_who_use_one_link_at_once_one_gets_in(database: str) -> None:
    link_id = await replace()
    other = "UPDATE sign_in_links SET used_at = now() WHERE id = %(id)s"
    assert not await run_beside(database, other, {"id": link_id}, use(link_id))


async def test_a_link_is_good_for_nothing_after_its_fifth_wrong_code() -> None:
    link_id, of_another = await replace(token=b"1"), await replace(ALICE, token=b"2")
    await note_wrong_codes(link_id, 4)
    assert (await find(link_id)).is_open
    await note_wrong_codes(link_id, 1)
    assert not (await find(link_id)).is_open
    assert not await use(link_id)
    assert await use(of_another)


async def test_a_link_is_good_for_nothing_after_its_time() -> None:
    link_id = await replace()
    await query("UPDATE sign_in_links SET expires_at = now()")
    assert not (await find(link_id)).is_open
    assert not await use(link_id)


async def test_the_links_of_an_address_end_in_whatever_case_it_is_written() -> None:
    of_bob, of_alice = await replace(BOB, token=b"1"), await replace(ALICE, token=b"2")
    async with transaction() as tx:
        await sign_in_links.delete_by_email(tx, "Bob@Example.com")
    assert await sign_in_links.find_by_id(of_bob) is None
    assert (await find(of_alice)).is_open


async def test_a_link_is_deleted_a_day_after_its_end() -> None:
    for number, hours in enumerate((23, 25)):
        link_id = await replace(f"{hours}@example.com", token=bytes([number]))
        await query(
            "UPDATE sign_in_links SET expires_at = now() - make_interval(hours => %(hours)s) WHERE id = %(id)s",
            {"id": link_id, "hours": hours},
        )
    await sign_in_links.delete_old_links()
    assert await query("SELECT email FROM sign_in_links") == [("23@example.com",)]
