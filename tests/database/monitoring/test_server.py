"""Which PostgreSQL it is, and how it is reached."""

import psycopg
import pytest

from shareable_backlog.database.monitoring import server

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_the_server_tells_what_it_is(database: str) -> None:
    with psycopg.connect(database) as connection:
        version = connection.info.server_version
    found = await server.inspect_server()
    assert (found.major, found.encoding, found.is_here) == (version // 10_000, "UTF8", True)
    assert found.version.startswith(f"{found.major}.")


async def test_indexes_are_all_valid() -> None:
    assert await server.list_invalid_indexes() == []
