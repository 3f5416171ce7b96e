"""What the program must never say: passwords, keys, and where its database is."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.fakes.linear import FakeLinear, Fault, World, run_linear
from tests.fakes.postgres import PASSWORD, PrivateServer
from tests.support.served import run_serve, slb

ALICES_PASSWORD = "sw0rd#fish/%20&?"
WRONG_KEY = "lin_api_0wrong0key0of0the0tests0"


@pytest.fixture
def linear() -> Iterator[FakeLinear]:
    world = World()
    world.add_issue()
    with run_linear(world) as fake:
        yield fake


def assert_silent(said: str, server: PrivateServer, *more: str) -> None:
    """Hold that nothing of what must not be said was."""
    secrets = (PASSWORD, quote(PASSWORD, safe=""), server.host, server.url, ALICES_PASSWORD, *more)
    assert [secret for secret in (*secrets, quote(ALICES_PASSWORD, safe="")) if secret in said] == []


def test_a_run_through_every_trouble_never_says_a_secret(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    said: list[str] = []
    private_server.stop()
    linear.fail_next(Fault.DISCONNECT)
    with run_serve(
        tmp_path,
        DATABASE_URL=private_server.url,
        LINEAR_API_KEY=linear.key,
        LINEAR_API_URL=linear.url,
        SYNC_INTERVAL_S="5",
        LOG_LEVEL="debug",
    ) as program:

        def look_at_everything() -> None:
            for path in ("/", "/items/ENG-1", "/api/health", "/readyz", "/items/%00", "/nothing"):
                said.append(program.get(path).text)
                said.append(program.get(path, Accept="application/json").text)

        look_at_everything()
        private_server.start()
        program.until("/", 200)
        program.until_logged("sync_ended")
        look_at_everything()
        with private_server.connect() as admin:
            admin.execute("ALTER TABLE teams RENAME TO teams_of_yore")
        look_at_everything()
        private_server.restart("immediate")
        look_at_everything()
        assert program.stop() == 0
        said += [program.log, *_rows(private_server)]
    assert "query_failed" in program.log
    assert_silent("\n".join(said), private_server, linear.key)


def _rows(server: PrivateServer) -> list[str]:
    with server.connect() as admin:
        return [str(row) for row in admin.execute("SELECT * FROM sync_history")]


def test_no_command_says_a_secret_whatever_is_wrong(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    url = private_server.url
    alice = url.replace(url.partition("@")[0], f"postgresql://alice:{quote(ALICES_PASSWORD, safe='')}")
    asks_linear = {"DATABASE_URL": url, "LINEAR_API_URL": linear.url, "LINEAR_API_KEY": WRONG_KEY}
    urls = (alice, f"{url}?nonsense=1", f"{url}@x")
    said = [slb(tmp_path, "doctor", DATABASE_URL=one, LOG_LEVEL="debug")[1] for one in urls]
    said += [slb(tmp_path, *command, **asks_linear)[1] for command in (("config",), ("sync",))]
    private_server.stop()
    commands = (("doctor", "--json"), ("status",), ("migrate", "status"), ("sync",))
    said += [slb(tmp_path, *command, **asks_linear)[1] for command in commands]
    assert all(said)
    assert_silent("\n".join(said), private_server, WRONG_KEY)


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ("?sslmode=require&uselibpqcompat=true", 1, "does not support TLS, which sslmode requires"),
        ("?sslmode=no-verify", 1, "does not support TLS, which sslmode requires"),
        ("?uselibpqcompat=true", 0, "answers in"),
        ("?sslmod=require", 2, "DATABASE_URL has the unknown parameter sslmod"),
        ("?sslmode=maybe", 2, "DATABASE_URL has an sslmode that libpq does not know"),
    ],
)
def test_doctor_understands_or_names_the_words_of_a_url(
    tmp_path: Path, private_server: PrivateServer, words: str, code: int, reason: str
) -> None:
    found, said = slb(tmp_path, "doctor", DATABASE_URL=private_server.url + words)
    assert (found, reason in said) == (code, True)
    assert_silent(said, private_server)


@pytest.mark.parametrize("command", ["serve", "doctor", "sync"])
def test_every_fault_of_the_configuration_is_said_at_once_without_its_secrets(tmp_path: Path, command: str) -> None:
    (tmp_path / ".env").write_text("DATABSE_URL=postgresql://localhost/x\n", encoding="utf-8")
    code, said = slb(
        tmp_path,
        command,
        DATABASE_URL="postgresql://alice:open@sesame@db.example.com/backlog",
        LINEAR_API_KEY="lin_api_0123456789",
        DATABASE_POOL_MAX="many",
        PORT="",
    )
    assert code == 2
    assert len(said.splitlines()) == 3
    assert all(line.startswith("slb: ") for line in said.splitlines())
    assert not [secret for secret in ("sesame", "example.com", "lin_api_0123456789") if secret in said]


@pytest.mark.parametrize("words", ["?sslmod=require", "?sslmode=maybe"])
def test_serve_refuses_a_url_that_it_cannot_use_with_the_reason(tmp_path: Path, words: str) -> None:
    url = f"postgresql://alice:open-sesame@db.example.com/backlog{words}"
    code, said = slb(tmp_path, "serve", "--port", "0", DATABASE_URL=url)
    assert code == 2
    assert "slb: DATABASE_URL has" in said
    assert not [secret for secret in ("open-sesame", "db.example.com", "Traceback") if secret in said]
