"""The program when the network between it and its database misbehaves: needs root, for networks of its own."""

import asyncio
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.fakes.postgres import PrivateServer, PrivateServers
from tests.support import cable
from tests.support.browser.network_lock import change_addresses
from tests.support.cable import Cable
from tests.support.served import Answer, Served, run_serve

pytestmark = pytest.mark.netns

RECOVERED_WITHIN_S = 3.0
FREED_WITHIN_S = 60.0
DOWN_S = 7.0


@pytest.fixture(autouse=True)
def _allowed() -> None:
    """Skip where this user may not make networks and mounts of its own."""
    if not cable.may_lay():
        pytest.skip("This test needs root, network namespaces and the command `ip`.")


@pytest.fixture
def far_server(private_servers: PrivateServers) -> Iterator[tuple[PrivateServer, Cable]]:
    """Yield a running server at the other end of a cable."""
    with cable.lay() as far:
        server = private_servers.make(enter=far.enter, host=far.there)
        server.start()
        yield server, far
        server.kill()


@contextmanager
def left_cable(pid: int) -> Generator[str]:
    """Yield the name of a cable that stands as process `pid` lays it, with the first addresses there are."""
    name = f"slb{pid}"
    commands = (
        f"netns add {name}", f"link add {name} type veth peer name far netns {name}",
        f"address add 198.51.100.1/30 dev {name}", f"link set {name} up",
    )  # fmt: skip
    with change_addresses():
        for words in commands:
            subprocess.run(["ip", *words.split()], check=True)
    try:
        yield name
    finally:
        with change_addresses():
            cable.remove(name)


def list_networks() -> str:
    return subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True).stdout


def test_a_cable_of_another_process_that_runs_stays_and_keeps_its_addresses() -> None:
    with subprocess.Popen(["sleep", "60"]) as other, left_cable(other.pid) as name:
        with cable.lay() as far:
            assert far.there != "198.51.100.2"
            assert name in list_networks()
        other.kill()


def test_one_of_a_process_that_was_killed_is_removed() -> None:
    with subprocess.Popen(["true"]) as killed:
        killed.wait()
    with left_cable(killed.pid) as name, cable.lay():
        assert name not in list_networks()


def test_a_cable_is_gone_as_soon_as_it_is_removed() -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    with left_cable(ended.pid) as name:
        pass
    assert name not in subprocess.run(["ip", "-o", "link"], check=True, capture_output=True, text=True).stdout


async def while_the_cable_is_cut(program: Served, far: Cable) -> tuple[list[Answer], float]:
    """Send ten requests a second while the cable is cut and mended; give the answers and when it was mended."""
    stop = asyncio.Event()
    asking = asyncio.create_task(program.traffic("/", every_s=0.1, until=stop))
    await asyncio.sleep(0.5)
    far.pull()
    await asyncio.sleep(DOWN_S)
    far.plug()
    mended_at = monotonic()
    await asyncio.sleep(RECOVERED_WITHIN_S + 1)
    stop.set()
    return await asking, mended_at


def test_packets_that_vanish_hold_a_request_six_seconds_at_most(
    tmp_path: Path, far_server: tuple[PrivateServer, Cable]
) -> None:
    server, far = far_server
    with run_serve(tmp_path, DATABASE_URL=server.url) as program:
        program.until("/", 200)
        answers, mended_at = asyncio.run(while_the_cable_is_cut(program, far))
        assert {answer.status for answer in answers} == {200, 503}
        assert max(answer.took_s for answer in answers) < 6
        assert {answer.status for answer in answers if answer.asked_at > mended_at + RECOVERED_WITHIN_S} == {200}
        program.until_logged("database_is_back")
        assert len(program.events("database_is_away")) == len(program.events("database_is_back")) == 1


def test_what_was_cut_off_keeps_no_session_at_the_server(
    tmp_path: Path, far_server: tuple[PrivateServer, Cable]
) -> None:
    server, far = far_server
    with run_serve(tmp_path, DATABASE_URL=server.url) as program:
        program.until("/", 200)
        before = server.sessions()
        far.pull()
        program.process.kill()  # whose end the server can't hear of
        program.process.wait()
        sleep(DOWN_S)
        far.plug()
        deadline = monotonic() + FREED_WITHIN_S
        while set(server.sessions()) & set(before):
            assert monotonic() < deadline, "the server waits for somebody who has gone"
            sleep(0.2)


def test_a_name_that_moves_to_another_address_is_followed_without_a_restart(
    tmp_path: Path, private_servers: PrivateServers
) -> None:
    first, second = private_servers.make(), private_servers.make()
    first.start()
    hosts = tmp_path / "hosts"
    hosts.write_text(f"{first.host} db.example.com\n", encoding="utf-8")
    own_hosts = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts))
    with run_serve(
        tmp_path, enter=own_hosts, DATABASE_URL=first.url.replace(first.host, "db.example.com")
    ) as program:
        program.until("/", 200)
        first.kill()
        second.start()
        hosts.write_text(f"{second.host} db.example.com\n", encoding="utf-8")
        assert program.until("/readyz", 200) < RECOVERED_WITHIN_S
        assert program.until("/", 200) < RECOVERED_WITHIN_S
        assert second.sessions()
    second.kill()
