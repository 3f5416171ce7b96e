"""Lay a cable to a network of its own, and pull it: needs root, network namespaces and `ip`."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.browser.network_lock import change_addresses

_SUBNET = "198.51.100"  # RFC 5737 leaves it to tests; in parts of four it is enough for 64 cables
_PREFIX = "slb"


@dataclass(frozen=True, slots=True)
class Cable:
    """A cable to the network `network`, in which a server listens at `there`."""

    network: str
    there: str

    @property
    def enter(self) -> tuple[str, ...]:
        """Return the command that runs another one at its far end."""
        return ("nsenter", f"--net=/run/netns/{self.network}")

    def pull(self) -> None:
        """Let all packets vanish from now on."""
        _run("ip", "-n", self.network, "link", "set", "far", "down")

    def plug(self) -> None:
        """Let them through again."""
        _run("ip", "-n", self.network, "link", "set", "far", "up")


def may_lay() -> bool:
    """Return whether this user may make networks and mounts."""
    probe = ["unshare", "--net", "--mount", "true"]
    return bool(shutil.which("ip")) and not subprocess.run(probe, check=False, capture_output=True).returncode


@contextmanager
def lay() -> Generator[Cable]:
    """Yield a cable to a network that is made for it and goes with it."""
    network = end = f"{_PREFIX}{os.getpid()}"
    _run("ip", "netns", "add", network)
    try:
        with change_addresses():
            _remove_abandoned()
            here, there = _find_free_addresses()
            _run("ip", "link", "add", end, "type", "veth", "peer", "name", "far", "netns", network)
            _run("ip", "link", "set", end, "addrgenmode", "none")  # else one of IPv6 comes and goes with the signal
            _run("ip", "address", "add", f"{here}/30", "dev", end)
            _run("ip", "link", "set", end, "up")
        _run("ip", "-n", network, "address", "add", f"{there}/30", "dev", "far")
        _run("ip", "-n", network, "link", "set", "far", "up")
        yield Cable(network, there)
    finally:
        with change_addresses():
            remove(network)


def remove(network: str) -> None:
    """Remove a network and its cable, which has the same name.

    By itself the cable goes some time later, when the next may want its name and another test looks at a page.
    """
    subprocess.run(["ip", "link", "delete", network], check=False, capture_output=True)
    subprocess.run(["ip", "netns", "delete", network], check=False, capture_output=True)


def _remove_abandoned() -> None:
    """Remove the networks of processes that were killed: what is sent would still go into their cables."""
    for line in _run("ip", "netns", "list").splitlines():
        name = line.split()[0]
        owner = name.removeprefix(_PREFIX)
        if name.startswith(_PREFIX) and owner.isdigit() and not Path("/proc", owner).exists():
            remove(name)


def _find_free_addresses() -> tuple[str, str]:
    """Return the addresses of both ends that no other cable has."""
    taken = _run("ip", "-o", "-4", "address")
    first = next(number for number in range(1, 256, 4) if f" {_SUBNET}.{number}/" not in taken)
    return f"{_SUBNET}.{first}", f"{_SUBNET}.{first + 1}"


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
