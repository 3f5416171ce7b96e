"""Start the embedded server, and stop it once no process uses it any more: a program of its own.

embedded.py runs it in a session of its own, without site-packages. It outlives whoever started it and does
nothing but wait for a lock, which the kernel gives it when the last user of the server is gone or was killed.
"""

import os
import socket
import subprocess
import sys

SOCKET = ".s.PGSQL.5432"
_ANSWER_S = 5
# Ends every session and waits for the last checkpoint.
_STOP = ("-m", "fast", "-w", "-t", "300", "-s")


def is_listening(folder: str) -> bool:
    """Return whether a server listens on the socket in `folder`; one that is too busy to answer does."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_ANSWER_S)
        try:
            probe.connect(f"{folder}/{SOCKET}")
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except (TimeoutError, BlockingIOError):
            return True
    return True


def main(users: str, watcher: str, uid: str, gid: str, pg_ctl: str, *start: str) -> None:
    """Start the server of PGDATA with pg_ctl's options `start`, if any, then leave a process to stop it.

    `users` and `watcher` are descriptors of two lock files, the second one locked. As root it first becomes
    `uid` and `gid`. Returns when the server is ready, or exits with 1 if it does not start.
    """
    import fcntl  # Windows has none, and must be able to import this module

    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if start and subprocess.run([pg_ctl, "start", *start], check=False).returncode:  # noqa: S603  # embedded.py's
        sys.exit(1)
    if os.fork():
        os._exit(0)
    fcntl.flock(int(users), fcntl.LOCK_EX)
    if is_listening(os.environ["PGDATA"]):
        subprocess.run([pg_ctl, "stop", *_STOP], check=False)  # noqa: S603  # embedded.py's
    # First this one: whoever gets the users' lock next must not take this process for a watcher.
    os.close(int(watcher))


if __name__ == "__main__":
    main(*sys.argv[1:])
