"""Stand between the program and PostgreSQL, and cut a connection at the statement that a test names."""

import asyncio
import contextlib
import tempfile
import threading
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_PORT = 5432
# A simple query, and the end of one that came in parts; each is one statement of the program.
_STATEMENT_ENDS = {b"Q", b"S"}
_QUERY, _PARSE, _BIND = b"Q", b"P", b"B"
_LONGEST_ROUND = 5


def is_third_round(kinds: Sequence[bytes]) -> bool:
    """Return whether the last statement ends a third round, or a later one, of statements that are alike."""
    return any(
        len(kinds) >= 3 * length and all(kinds[-at] == kinds[-at - length] for at in range(1, 2 * length + 1))
        for length in range(1, _LONGEST_ROUND + 1)
    )


class Proxy:
    """Pass on what comes; `statements` counts, and number `cut_at` loses its connection, once.

    With `is_run` that statement still reaches the server, and only its answer is lost; with `is_silent` the
    connection stays, and nothing more passes on it. Of rounds of a few statements, which differ only in their tables,
    two count: before the first nothing of them is done, before the second a part.
    """

    def __init__(self, server: str, folder: Path) -> None:
        self.conninfo = make_conninfo(server, host=str(folder), port=_PORT)
        self.path = folder / f".s.PGSQL.{_PORT}"
        self.statements = 0
        self.cut_at: int | None = None
        self.is_run = self.is_silent = False
        self._server = conninfo_to_dict(server)
        self._kinds: deque[bytes] = deque(maxlen=3 * _LONGEST_ROUND)

    def expect(self, cut_at: int | None, *, is_run: bool = False, is_silent: bool = False) -> None:
        """Count from 1 again, and cut there."""
        self.statements, self.cut_at = 0, cut_at
        self.is_run, self.is_silent = is_run, is_silent
        self._kinds.clear()

    @property
    def has_cut(self) -> bool:
        """Return whether it came to that statement."""
        return self.cut_at is not None and self.statements >= self.cut_at

    def _is_to_cut(self) -> bool:
        """Count a statement, and tell whether it is the one to lose."""
        if is_third_round(list(self._kinds)):
            return False
        self.statements += 1
        return self.statements == self.cut_at

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be one connection."""
        from_server, to_server = await self._connect()
        answers = asyncio.create_task(_pass_on(from_server, writer))
        try:
            await self._pass_statements(reader, to_server, from_server, answers)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            answers.cancel()
            to_server.close()
            writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = str(self._server.get("host")), self._server.get("port") or _PORT
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, int(port))

    async def _pass_statements(
        self,
        reader: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        from_server: asyncio.StreamReader,
        answers: "asyncio.Task[None]",
    ) -> None:
        """Pass on message by message; the first one of a connection has no type."""
        kind = b""
        prepared: dict[bytes, bytes] = {}
        while True:
            head = kind + await reader.readexactly(4)
            body = await reader.readexactly(int.from_bytes(head[-4:]) - 4)
            if kind == _QUERY:
                self._kinds.append(_take_kind(body))
            elif kind == _PARSE:
                name, _, text = body.partition(b"\0")
                prepared[name] = _take_kind(text)
            elif kind == _BIND:
                self._kinds.append(prepared[body.split(b"\0", 2)[1]])
            is_cut = kind in _STATEMENT_ENDS and self._is_to_cut()
            if is_cut and self.is_silent:
                await reader.read()
            if is_cut and not self.is_run:
                return
            if is_cut:
                # Not a byte of the answer may pass, and the server must be done before the connection ends.
                answers.cancel()
                await asyncio.wait([answers])
            to_server.write(head + body)
            await to_server.drain()
            if is_cut:
                await from_server.read(1)
                return
            kind = await reader.readexactly(1)


def _take_kind(text: bytes) -> bytes:
    """Return what statements are alike in: names of tables that are put into one are quoted."""
    return text.partition(b'"')[0]


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while some := await reader.read(2**16):
            writer.write(some)
            await writer.drain()
        writer.close()


@contextmanager
def cut_connections(server: str) -> Generator[Proxy]:
    """Serve before the database of the connection string `server`, on a socket of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="cutting proxy")
    thread.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            proxy = Proxy(server, Path(folder))
            starting = asyncio.start_unix_server(proxy.serve, proxy.path)
            listening = asyncio.run_coroutine_threadsafe(starting, loop).result()
            yield proxy
            asyncio.run_coroutine_threadsafe(_stop(listening), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    serving = asyncio.all_tasks() - {asyncio.current_task()}
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
