"""What a service manager is told: each test is one, by a socket of its own."""

import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from shareable_backlog import service_manager
from shareable_backlog.service_manager import ALIVE, READY, STOPPING


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield manager


def received(manager: socket.socket) -> list[str]:
    messages: list[str] = []
    try:
        while True:
            messages.append(manager.recv(100).decode())
    except BlockingIOError:
        return messages


def test_it_is_told_that_the_program_is_ready_and_that_it_stops(manager: socket.socket) -> None:
    service_manager.tell_state(READY)
    service_manager.tell_state(STOPPING)
    assert received(manager) == ["READY=1", "STOPPING=1"]


def test_only_one_that_watches_is_told_that_the_program_is_alive(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    service_manager.tell_state(ALIVE)
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    service_manager.tell_state(ALIVE)
    assert received(manager) == ["WATCHDOG=1"]


def test_a_name_that_is_no_file_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name = f"slb-{tmp_path.name}-notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(0)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        service_manager.tell_state(READY)
        assert received(manager) == ["READY=1"]


def test_without_one_or_with_one_that_is_gone_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    service_manager.tell_state(READY)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    service_manager.tell_state(READY)


def test_one_that_does_not_read_keeps_nobody_waiting(manager: socket.socket) -> None:
    for _ in range(2000):
        service_manager.tell_state(READY)
    assert 0 < len(received(manager)) < 2000


def test_who_left_it_tells_it_nothing_more(manager: socket.socket) -> None:
    service_manager.leave_manager()
    service_manager.tell_state(READY)
    assert received(manager) == []
