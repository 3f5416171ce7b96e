"""Break off connections on which a server keeps somebody waiting."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager

import psycopg


@contextmanager
def hang_up_after(seconds: float, connection: psycopg.AsyncConnection) -> Generator[None]:
    """Break `connection` off when the context lasts longer than `seconds`; raises ConnectionTimeout then.

    A frozen server still acknowledges packets, so that TCP's own time-outs see nothing wrong, and cancelling
    the waiting task makes the driver ask the server to cancel, which takes as long again (measured).
    """
    late = False

    def hang_up() -> None:
        nonlocal late
        late = True
        # Not pgconn.finish(): it gives the descriptor back while the event loop still watches it, and the loop
        # would stop watching whoever gets the same number next.
        with (
            contextlib.suppress(psycopg.Error, OSError),
            socket.socket(fileno=os.dup(connection.fileno())) as peer,
        ):
            peer.shutdown(socket.SHUT_RDWR)

    timer = asyncio.get_running_loop().call_later(max(0.0, seconds), hang_up)
    try:
        yield
    except psycopg.OperationalError as error:
        if late:
            raise psycopg.errors.ConnectionTimeout("the answer timed out") from error
        raise
    finally:
        timer.cancel()
