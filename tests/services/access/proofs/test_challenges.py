"""Challenges are for one purpose and five minutes, and answered once."""

from time import time

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import passkeys
from shareable_backlog.services.access.proofs import challenges
from shareable_backlog.services.access.proofs.challenges import SIGN_IN, make_challenge, name_addition, read_challenge

KEY = b"a secret key"


def test_a_challenge_is_read_back_for_its_purpose_alone() -> None:
    made = make_challenge(KEY, SIGN_IN)
    assert read_challenge(KEY, SIGN_IN, made.cookie) == made.value
    assert len(made.value) == 32
    assert read_challenge(KEY, name_addition(1), made.cookie) is None
    assert read_challenge(b"another key", SIGN_IN, made.cookie) is None
    adding = make_challenge(KEY, name_addition(1))
    assert [read_challenge(KEY, name_addition(id_), adding.cookie) is None for id_ in (1, 2, 11)] == [
        False,
        True,
        True,
    ]


def test_two_are_never_alike() -> None:
    assert make_challenge(KEY, SIGN_IN).value != make_challenge(KEY, SIGN_IN).value


@pytest.mark.parametrize("cookie", [None, "", ".", "..", "00.0.0", "zz.zz.zz", "…"])
def test_what_nobody_here_wrote_is_none(cookie: str | None) -> None:
    assert read_challenge(KEY, SIGN_IN, cookie) is None


def test_after_five_minutes_it_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_challenge(KEY, SIGN_IN)
    now = time()
    monkeypatch.setattr(challenges, "time", lambda: now + 299)
    assert read_challenge(KEY, SIGN_IN, made.cookie) == made.value
    monkeypatch.setattr(challenges, "time", lambda: now + 302)
    assert read_challenge(KEY, SIGN_IN, made.cookie) is None


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_it_is_answered_once_and_forgotten_when_no_cookie_asks_for_it_any_more() -> None:
    made = make_challenge(KEY, SIGN_IN)
    async with transaction() as tx:
        assert await challenges.use_challenge(tx, made.value)
    async with transaction() as tx:
        assert not await challenges.use_challenge(tx, made.value)
    await passkeys.delete_old_challenges()
    assert await query("SELECT count(*) FROM used_challenges") == [(1,)]
    await query("UPDATE used_challenges SET used_at = now() - interval '61 minutes'")
    await passkeys.delete_old_challenges()
    assert await query("SELECT count(*) FROM used_challenges") == [(0,)]
