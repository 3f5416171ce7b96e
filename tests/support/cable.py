"""Lay a cable to a network of its own, and pull it: needs root, network namespaces and `ip`."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.browser.network_lock import change_addresses

HERE, THERE = "198.51.100.1", "198.51.100.2"


@dataclass(frozen=True, slots=True)
class Cable:
    """A cable to the network `network`, in which a server listens at THERE."""

    network: str

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
    network = end = f"slb{os.getpid()}"
    _run("ip", "netns", "add", network)
    try:
        with change_addresses():
            _run("ip", "link", "add", end, "type", "veth", "peer", "name", "far", "netns", network)
            _run("ip", "link", "set", end, "addrgenmode", "none")  # else one of IPv6 comes and goes with the signal
            _run("ip", "address", "add", f"{HERE}/30", "dev", end)
            _run("ip", "link", "set", end, "up")
        _run("ip", "-n", network, "address", "add", f"{THERE}/30", "dev", "far")
        _run("ip", "-n", network, "link", "set", "far", "up")
        yield Cable(network)
    finally:
        with change_addresses():
            _run("ip", "netns", "delete", network)  # and the cable with it


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
