"""Pour requests without an end, by 20 connections at once, each made anew when it is closed; runs until killed.

`python -m tests.fakes.stranger HOST:PORT KIND`, as a process of its own, so that nothing it does slows the one that
takes the time.
"""

import contextlib
import socket
import sys
import threading
from collections.abc import Mapping

CONNECTIONS = 20
_CHUNKED = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
KINDS: Mapping[str, tuple[bytes, bytes]] = {
    "one endless header": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Endless: ", b"x" * 65_536),
    "endless small headers": (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"a:\r\n" * 16_384),
    "an endless request line": (b"GET /", b"x" * 65_536),
    "endless trailers": (_CHUNKED + b"1\r\nx\r\n0\r\n", b"a:\r\n" * 16_384),
    "an endless chunk extension": (_CHUNKED + b"1;", b"x" * 65_536),
    "endless requests without waiting": (b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1_600),
    "chunks of one byte": (_CHUNKED, b"1\r\nx\r\n" * 10_000),
}
"""What each begins with, and what then comes again and again."""


def main() -> None:
    """Pour until killed."""
    host, _, port = sys.argv[1].rpartition(":")
    beginning, rest = KINDS[sys.argv[2]]
    pouring = [
        threading.Thread(target=_pour, args=(host, int(port), beginning, rest), daemon=True)
        for _ in range(CONNECTIONS)
    ]
    for thread in pouring:
        thread.start()
    pouring[0].join()


def _pour(host: str, port: int, beginning: bytes, rest: bytes) -> None:
    while True:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=60) as connection:
            connection.sendall(beginning)
            while True:
                connection.sendall(rest)


if __name__ == "__main__":
    main()
