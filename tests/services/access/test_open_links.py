"""What a link and a code are good for in a browser, before anybody uses them."""

from typing import LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.errors import SignInFailed
from shareable_backlog.services.access import open_links
from tests.services.access.test_sign_in import BROWSER, CAROL, ask

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_the_code_is_wanted_in_every_browser_but_the_one_that_asked() -> None:
    token, _ = await ask()
    found = [await open_links.read_link(token, browser) for browser in (BROWSER, "another", "", None)]
    assert [link.needs_code for link in found] == [False, True, True, True]
    assert {(link.email, link.has_code) for link in found} == {(CAROL, True)}


@pytest.mark.parametrize("gone", ["used_at = now()", "expires_at = now()", "tries_left = 0"])
async def test_what_is_good_no_more_is_no_open_link(gone: LiteralString) -> None:
    token, _ = await ask()
    await query(f"UPDATE sign_in_links SET {gone}")
    with pytest.raises(SignInFailed, match="no longer valid"):
        await open_links.read_link(token, BROWSER)
    assert await open_links.read_code_state(BROWSER) == "none"


async def test_a_code_is_taken_in_the_browser_that_asked_and_there_alone() -> None:
    await ask()
    states = [await open_links.read_code_state(browser) for browser in (BROWSER, "another", None)]
    assert states == ["open", "none", "none"]
    await query("UPDATE sign_in_links SET codes_closed_until = now() + interval '1 day'")
    assert await open_links.read_code_state(BROWSER) == "closed"
    await query("UPDATE sign_in_links SET codes_closed_until = now()")
    assert await open_links.read_code_state(BROWSER) == "open"
