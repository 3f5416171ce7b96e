"""Serve files as Linear's uploads do: to whoever has the key."""

import asyncio
import contextlib
import struct
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.fakes.linear import http
from tests.fakes.linear.http import Answer


def _png(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    row = b"\0" + b"".join(bytes([40 + 160 * x // width, 120, 90]) for x in range(width))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(row * height))
        + chunk(b"IEND", b"")
    )


PNG = _png(1600, 600)
GIF = b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\0;"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'


class Uploads:
    """What stands behind `url`."""

    def __init__(self) -> None:
        self.url = ""
        self.accepts: set[str] | None = None
        """The Authorization headers that are let in; None: all."""
        self.status = 200
        self.location = ""
        self.requests: list[http.Request] = []
        self.answering = asyncio.Event()
        """While it is not set, requests get no answer."""
        self.serving: list[asyncio.Task[None]] = []
        self.at_once = self.most_at_once = 0
        self._news = asyncio.Condition()
        self._files: dict[str, Answer] = {}
        self.answering.set()

    async def until_asked(self, times: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: len(self.requests) >= times)

    def add(self, path: str, body: bytes, content_type: str = "image/png", **headers: str) -> None:
        """Have a file at `path`."""
        self._files[path] = Answer(200, body, {"Content-Type": content_type, **headers})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        task = asyncio.current_task()
        assert task
        self.serving.append(task)
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            while request := await http.read(reader):
                async with self._news:
                    self.requests.append(request)
                    self._news.notify_all()
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                await self.answering.wait()
                self.at_once -= 1
                writer.write(http.encode_answer(self._answer(request)))
                await writer.drain()

    def _answer(self, request: http.Request) -> Answer:
        if self.accepts is not None and request.headers.get("authorization") not in self.accepts:
            return Answer(401)
        if self.status != 200:
            return Answer(self.status, headers={"Location": self.location})
        return self._files.get(request.path, Answer(404))


@asynccontextmanager
async def serve_uploads() -> AsyncGenerator[Uploads]:
    """Serve uploads on a loopback port, to nobody until files are added."""
    uploads = Uploads()
    server = await asyncio.start_server(uploads.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    uploads.url = f"http://{host}:{port}"
    try:
        yield uploads
    finally:
        server.close()
        for task in uploads.serving:
            task.cancel()
        await asyncio.gather(*uploads.serving, return_exceptions=True)
