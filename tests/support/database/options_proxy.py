"""Stand before PostgreSQL as Amazon's RDS Proxy does, and refuse whoever brings options to the start of a session."""

import asyncio
import struct
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress

_TLS_ASKED = 80877103
_PROTOCOL_3 = 196608
_WORDS = b"Feature not supported: RDS Proxy currently doesn't support command-line options."


def _build_refusal() -> bytes:
    fields = b"SFATAL\0VFATAL\0C0A000\0M" + _WORDS + b"\0\0"
    return b"E" + struct.pack("!i", len(fields) + 4) + fields


class _Proxy:
    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(ConnectionError, asyncio.IncompleteReadError):
            start = await _read_start(reader)
            if struct.unpack("!i", start[4:8])[0] == _TLS_ASKED:
                writer.write(b"N")
                start = await _read_start(reader)
            is_session = struct.unpack("!i", start[4:8])[0] == _PROTOCOL_3
            if is_session and b"options" in start[8:].split(b"\0")[::2]:
                writer.write(_build_refusal())
                await writer.drain()
            else:
                from_server, to_server = await asyncio.open_connection(*self._server)
                to_server.write(start)
                await asyncio.gather(_pass_on(reader, to_server), _pass_on(from_server, writer))


async def _read_start(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(4)
    return length + await reader.readexactly(struct.unpack("!i", length)[0] - 4)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer), suppress(ConnectionError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()


async def _end_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)  # until what was closed has let go of its socket


@contextmanager
def run_proxy(host: str, port: int) -> Generator[int]:
    """Yield the port on 127.0.0.1 of such a proxy before a server."""
    loop = asyncio.new_event_loop()
    proxy = _Proxy(host, port)
    server = loop.run_until_complete(asyncio.start_server(proxy.serve, "127.0.0.1"))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(_end_others())
        loop.close()
