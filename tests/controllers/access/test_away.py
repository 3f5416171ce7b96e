"""While the database is away: whoever comes without a session is told so, and loses nothing that they typed."""

import re
from collections.abc import Generator

import pytest

from tests.fakes.postgres import PrivateServer
from tests.support.served import Served, run_serve


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory, private_server: PrivateServer) -> Generator[Served]:
    with run_serve(tmp_path_factory.mktemp("serve"), DATABASE_URL=private_server.url) as running:
        running.until("/readyz", 200)
        yield running


def take_away(program: Served, server: PrivateServer) -> None:
    server.stop("immediate")
    program.until("/readyz", 503)


@pytest.mark.parametrize("path", ["/", "/items/ENG-1?from=list", "/sign-in", "/sign-in?next=/items/ENG-1", "/admin"])
def test_a_visitor_without_a_session_is_told_and_the_address_stays(
    program: Served, private_server: PrivateServer, path: str
) -> None:
    take_away(program, private_server)
    answer = program.get(path, cookie="")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "The backlog can&#39;t be read right now" in answer.text
    assert "The database is not running or not listening." in answer.text
    assert '<a href="">Try again</a>' in answer.text
    private_server.start()
    program.until("/readyz", 200)
    assert program.get(path, cookie="").status in {200, 303}


def test_what_is_typed_is_not_lost(program: Served, private_server: PrivateServer) -> None:
    page = program.get("/sign-in?next=/items/ENG-1", cookie="")
    cookie = page.headers["set-cookie"].partition(";")[0]
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf is not None
    take_away(program, private_server)
    for path, name, typed in (("/sign-in", "email", "bob@example.com"), ("/sign-in/code", "code", "123456")):
        fields = {"csrf": csrf[1], name: typed, "next": "/items/ENG-1"}
        answer = program.post(path, fields, cookie=cookie)
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert f'value="{typed}"' in answer.text
        assert "The database is not running or not listening." in answer.text
