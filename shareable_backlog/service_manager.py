"""Tell the service manager how this process is, in the words of systemd's sd_notify(3)."""

import os
from contextlib import suppress

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


def tell_state(state: str) -> None:
    """Send READY, STOPPING or ALIVE to whoever asks for it by NOTIFY_SOCKET; without anybody do nothing.

    Never waits and never raises: a service manager that does not listen is no reason to stop.
    """
    name = os.environ.get("NOTIFY_SOCKET", "")
    if name and (state != ALIVE or "WATCHDOG_USEC" in os.environ):
        import socket

        # An @ stands for the zero byte by which Linux knows names that are no files.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(0)
            manager.sendto(state.encode(), f"\0{name[1:]}" if name.startswith("@") else name)


def tell_alive() -> None:
    """Send ALIVE, which a service manager that watches wants to hear again and again."""
    tell_state(ALIVE)


def leave_manager() -> None:
    """Tell it nothing more from this process: the one that began it does."""
    os.environ.pop("NOTIFY_SOCKET", None)
