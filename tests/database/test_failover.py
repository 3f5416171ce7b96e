"""Two hosts in the URL: the second takes over when the first is gone."""

import asyncio
from collections.abc import Iterator
from time import monotonic

import pytest

from shareable_backlog import database
from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.database import query
from shareable_backlog.errors import DatabaseUnavailable
from tests.fakes.postgres import PORT, PrivateServer, PrivateServers

pytestmark = pytest.mark.anyio

WRITES_AGAIN_WITHIN_S = 5.0
ADD = "INSERT INTO users (email) VALUES (%(email)s)"


@pytest.fixture
def pair(private_servers: PrivateServers) -> Iterator[tuple[PrivateServer, PrivateServer]]:
    """Yield a primary and a standby that follows it without delay."""
    primary = private_servers.make()
    primary.start()
    standby = private_servers.make_standby(primary)
    standby.start()
    yield primary, standby
    primary.kill()
    standby.kill()


def settings(pair: tuple[PrivateServer, PrivateServer]) -> Settings:
    first, second = pair
    url = first.url.replace(f"{first.host}:{PORT}", f"{first.host}:{PORT},{second.host}:{PORT}")
    return parse_settings(
        {
            "DATABASE_URL": f"{url}?target_session_attrs=read-write",
            "DATABASE_CONNECT_TIMEOUT_S": "3",
            "DATABASE_STATEMENT_TIMEOUT_MS": "1000",
        }
    )


async def until_written(email: str) -> float:
    """Write until it is done, and return how many seconds that took."""
    started = monotonic()
    while True:
        try:
            await query(ADD, {"email": email})
        except DatabaseUnavailable:
            assert monotonic() - started < 30
        else:
            return monotonic() - started


async def has_followed(standby: PrivateServer, email: str) -> None:
    with standby.connect() as there:
        while not there.execute("SELECT 1 FROM users WHERE email = %s", [email]).fetchone():  # noqa: ASYNC110 (WAL comes when it comes)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("how", ["kill", "freeze"])
async def test_writes_go_on_at_the_promoted_standby(pair: tuple[PrivateServer, PrivateServer], how: str) -> None:
    primary, standby = pair
    async with database.open_database(settings(pair)):
        await until_written("before@example.com")
        await has_followed(standby, "before@example.com")
        getattr(primary, how)()
        with pytest.raises(DatabaseUnavailable):
            await query(ADD, {"email": "meanwhile@example.com"})
        await asyncio.to_thread(standby.promote)
        took_s = await until_written("after@example.com")
        assert took_s < WRITES_AGAIN_WITHIN_S
        # alice and bob are there from the beginning.
        written = await query("SELECT email FROM users ORDER BY id OFFSET 2")
        assert written == [("before@example.com",), ("after@example.com",)]


async def test_of_two_hosts_the_one_that_takes_writes_is_found_in_any_order(
    pair: tuple[PrivateServer, PrivateServer],
) -> None:
    primary, standby = pair
    async with database.open_database(settings((standby, primary))):
        assert await query("SELECT pg_is_in_recovery()") == [(False,)]


async def test_a_standby_alone_is_refused_with_the_reason(pair: tuple[PrivateServer, PrivateServer]) -> None:
    _, standby = pair
    async with database.open_database(parse_settings({"DATABASE_URL": standby.url})):
        assert (await database.test_connection()).error == "The database accepts no writes (is it a standby?)."
