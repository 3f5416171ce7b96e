"""The options of a session, given at its start or set afterwards."""

from collections.abc import Generator

import psycopg
import pytest

from shareable_backlog import database as program_database
from shareable_backlog.config import parse_settings
from shareable_backlog.database.connection import conninfo, locks, session_options
from tests.fakes.postgres import PORT, PrivateServer
from tests.support.database.options_proxy import run_proxy


@pytest.fixture
def url(private_server: PrivateServer) -> Generator[str]:
    """Return the URL of a server behind a proxy that refuses options."""
    with run_proxy(private_server.host, PORT) as port:
        yield private_server.url.replace(f"{private_server.host}:{PORT}", f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("", []),
        ("-c a=1", [("a", "1")]),
        ("-ca=1 --b=2  -c c.d=3", [("a", "1"), ("b", "2"), ("c.d", "3")]),
        (r"-c a=x\ y -c b=\\", [("a", "x y"), ("b", "\\")]),
        ("-d 3 -c a=1", [("a", "1")]),
    ],
)
def test_options_are_read_as_libpq_does(text: str, settings: list[tuple[str, str]]) -> None:
    assert session_options.parse_options(text) == settings
    assert session_options.parse_options(session_options.format_options(settings)) == settings


def test_the_schema_is_ours_and_all_else_of_the_url_goes_first() -> None:
    words = "options=-c%20search_path%3Dx%20-c%20work_mem%3D8MB%20-c%20lock_timeout%3D1"
    found = conninfo.add_pool_options(conninfo.parse_url(f"postgresql://db/a?{words}"), parse_settings({}))
    assert "search_path=x" not in found
    settings = session_options.parse_options(str(conninfo.conninfo_to_dict(found)["options"]))
    assert dict(settings)["search_path"] == "public"
    assert (dict(settings)["work_mem"], dict(settings)["lock_timeout"]) == ("8MB", "1")


@pytest.mark.anyio
async def test_where_a_proxy_refuses_them_they_are_set(url: str) -> None:
    async with program_database.open_database(parse_settings({"DATABASE_URL": url})):
        [found] = await program_database.query(
            "SELECT current_setting('statement_timeout'), current_setting('jit'), current_setting('search_path')"
        )
        assert found == ("5s", "off", "public")
        async with locks.hold_lock(locks.SYNC) as is_held:
            assert is_held


def test_commands_connect_so_too(url: str) -> None:
    given = conninfo.parse_url(f"{url}?options=-c%20work_mem%3D8MB")
    with pytest.raises(psycopg.OperationalError, match="command-line options"):
        psycopg.connect(given)
    with session_options.connect(given) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("8MB",)
