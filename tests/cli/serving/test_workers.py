"""`slb serve --workers 2`: it is one server, whichever of its processes is asked."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import httpx2
import pytest

from tests.fakes.linear import World, delivery, run_linear
from tests.fakes.postgres import PrivateServer, PrivateServers
from tests.support.served import Served, list_workers, run_serve, slb
from tests.support.signed_in import cookies, let_in

SECRET = "lin_wh_0tests0secret0one"
_GIVE_UP_S = 60.0
_AS_ERIN = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies("erin").items())}
_AS_ALICE = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies("alice").items())}


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + _GIVE_UP_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextlib.contextmanager
def paused(pid: int) -> Generator[None]:
    """Let the other process that serves answer all that is asked meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def program(tmp_path: Path, private_server: PrivateServer) -> Generator[Served]:
    """Yield a program of one's own."""
    with serve(tmp_path, private_server) as program:
        yield program


@pytest.fixture(scope="module")
def shared_server(private_servers: PrivateServers) -> Generator[PrivateServer]:
    server = private_servers.make()
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def shared(shared_server: PrivateServer, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """Yield a program for all who let its processes live."""
    with serve(tmp_path_factory.mktemp("shared"), shared_server) as program:
        yield program


@contextlib.contextmanager
def serve(folder: Path, server: PrivateServer) -> Generator[Served]:
    settings = {"DATABASE_URL": server.url, "PAGES_PER_MINUTE": "10", "NOTIFY_SOCKET": f"{folder}/ready"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(settings["NOTIFY_SOCKET"])
        manager.settimeout(_GIVE_UP_S)
        with run_serve(folder, "--workers", "2", enter=(), **settings) as program:
            assert manager.recv(100) == b"READY=1"
            wait_until_ready(program)
            yield program


def wait_until_ready(program: Served) -> None:
    """Wait until each of those that serve is ready by itself."""
    until(lambda: len(list_workers(program.process.pid)) == 3)
    for pid in list_workers(program.process.pid)[:2]:
        with paused(pid):
            until(lambda: ask(program, "/readyz").status_code == 200)


def ask(program: Served, path: str, **headers: str) -> httpx2.Response:
    """Ask on a connection of its own, which any of the processes may take."""
    return httpx2.get(program.address + path, headers=headers, timeout=_GIVE_UP_S)


def test_somebody_who_signed_in_at_one_is_signed_in_at_the_other(
    shared: Served, tmp_path: Path, shared_server: PrivateServer
) -> None:
    _, said = slb(tmp_path, "users", "login-link", "bob@example.com", DATABASE_URL=shared_server.url)
    found = re.search(r"/sign-in\S+", said)
    assert found
    link = found[0]
    first, second, _ = list_workers(shared.process.pid)
    with paused(first):
        page = ask(shared, link)
    csrf = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert csrf
    given = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    with paused(second):
        answer = httpx2.post(
            shared.address + link,
            data={"csrf": csrf[1]},
            headers={"Origin": shared.address, "Cookie": given},
            timeout=_GIVE_UP_S,
        )
    assert answer.status_code == 303
    cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    with paused(first):
        assert ask(shared, "/account", Cookie=cookie).status_code == 200


def test_one_person_reads_so_many_pages_a_minute_of_all_together(
    shared: Served, shared_server: PrivateServer
) -> None:
    let_in(shared_server.url, "erin")  # who reads nothing in other tests
    while (statuses := ask_both_within_a_minute(shared)) is None:
        time.sleep(60 - time.time() % 60)
    assert statuses == [200] * 10 + [429] * 2


def ask_both_within_a_minute(program: Served) -> list[int] | None:
    """Ask each for six pages as the same person; None if the minute was over before."""
    began = time.time()
    statuses: list[int] = []
    for pid in list_workers(program.process.pid)[:2]:
        with paused(pid):
            statuses += [ask(program, "/about", **_AS_ERIN).status_code for _ in range(6)]
    return statuses if began // 60 == time.time() // 60 else None


def test_numbers_are_those_of_all_together(shared: Served) -> None:
    first, second, _ = list_workers(shared.process.pid)
    for pid, count in ((first, 3), (second, 4)):
        with paused(pid):
            assert {ask(shared, "/robots.txt").status_code for _ in range(count)} == {200}
    for pid in (first, second):
        with paused(pid):
            text = ask(shared, "/metrics").text
        assert re.findall(r'slb_http_requests_total\{.*"/robots.txt".*\} (\S+)', text) == ["7.0"]


def test_an_open_page_is_told_by_whichever_has_it(shared: Served) -> None:
    for pid in list_workers(shared.process.pid)[:2]:
        with (
            paused(pid),
            httpx2.stream("GET", shared.address + "/admin/sync/events", headers=_AS_ALICE, timeout=10) as events,
        ):
            lines = events.iter_lines()
            assert "html" in json.loads(next(line for line in lines if line.startswith("data:"))[5:])


def test_what_one_was_posted_the_other_shows(tmp_path: Path, private_server: PrivateServer) -> None:
    world = World()
    issue = world.add_issue(title="Before")
    with (
        run_linear(world) as linear,
        run_serve(
            tmp_path,
            "--workers",
            "2",
            DATABASE_URL=private_server.url,
            LINEAR_API_KEY=linear.key,
            LINEAR_API_URL=linear.url,
            LINEAR_WEBHOOK_SECRETS=SECRET,
        ) as program,
    ):
        wait_until_ready(program)
        first, second, _ = list_workers(program.process.pid)
        path = f"/items/{issue['identifier']}"
        until(lambda: ask(program, path, **_AS_ALICE).status_code == 200)
        program.until_logged("sync_ended")
        assert len(program.events("sync_ended")) == 1
        headers, body = delivery(world, "update", "Issue", issue | {"title": "After"}, secret=SECRET)
        with paused(first):
            posted = httpx2.post(program.address + "/webhooks/linear", content=body, headers=headers, timeout=30)
            assert posted.status_code == 200
        with paused(second):
            until(lambda: "After" in ask(program, path, **_AS_ALICE).text)


@pytest.mark.parametrize("number", [0, 2])
def test_one_that_is_killed_is_started_again_and_the_others_serve_on(program: Served, number: int) -> None:
    killed = list_workers(program.process.pid)[number]
    os.kill(killed, signal.SIGKILL)
    assert ask(program, "/healthz").status_code == 200
    ended = program.until_logged("worker_ended")
    assert (ended["exit_code"], ended["worker"]) == (-9, "web 1" if number == 0 else "background")
    until(lambda: len(set(list_workers(program.process.pid)) - {killed}) == 3)
    assert program.stop() == 0


def test_a_stop_ends_all_of_them(program: Served, private_server: PrivateServer) -> None:
    workers = list_workers(program.process.pid)
    assert program.stop() == 0
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert private_server.sessions() == []
    assert not program.events("worker_ended", "worker_failed", "stop_took_too_long")


def test_without_their_parent_they_end_by_themselves(program: Served) -> None:
    workers = list_workers(program.process.pid)
    program.process.kill()
    until(lambda: not [pid for pid in workers if Path(f"/proc/{pid}").exists()])


def test_a_service_manager_hears_of_all_of_them_by_one(tmp_path: Path, private_server: PrivateServer) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        with run_serve(
            tmp_path, "--workers", "2", DATABASE_URL=private_server.url, NOTIFY_SOCKET=str(tmp_path / "notify")
        ) as program:
            assert manager.recv(100) == b"READY=1"
            assert program.stop() == 0
        assert manager.recv(100) == b"STOPPING=1"
        manager.settimeout(0)
        with pytest.raises(BlockingIOError):
            manager.recv(100)


def test_a_server_that_can_not_start_ends_with_its_words(tmp_path: Path) -> None:
    code, said = slb(tmp_path, "serve", "--port", "0", "--workers", "2", DATABASE_URL="", SLB_DATA_DIR="/proc/none")
    assert (code, "can't be used" in said or "secret_key" in said) in {(1, True), (2, True)}


@pytest.mark.parametrize("wrong", [("--workers", "0"), ("--workers", "65"), ("--workers", "2", "--dev")])
def test_what_makes_no_sense_is_refused(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    code, said = slb(tmp_path, "serve", "--port", "0", *wrong)
    assert (code, "--workers" in said) == (2, True)


def test_settings_that_only_a_worker_finds_wrong_exit_2_as_where_one_process_serves() -> None:
    program = """if True:
        import sys
        from shareable_backlog.cli.serving.workers import Supervisor
        from shareable_backlog.errors import ConfigurationInvalid

        def fail(beat):
            raise ConfigurationInvalid(("OTEL_EXPORTER_OTLP_ENDPOINT needs an extra",))

        sys.exit(Supervisor([fail], fail, web_stops_in_s=1).run(lambda: None))
    """
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "OTEL_EXPORTER_OTLP_ENDPOINT needs an extra" in ended.stderr
