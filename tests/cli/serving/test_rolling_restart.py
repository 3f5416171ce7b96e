"""Two servers behind a proxy that heeds /readyz: each is replaced by another, and nobody loses a request."""

import asyncio
import contextlib
import itertools
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from shareable_backlog.tasks import end_tasks
from tests.fakes.postgres import PrivateServer
from tests.support.served import Served, run_serve
from tests.support.signed_in import cookies

REQUESTS = 1000
_AS_BOB = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies("bob").items())}
_ASK_EVERY_S = 0.1
_LIMIT_S = 60.0


class Proxy:
    """Send each request to the next server that was ready a moment ago, on connections that are kept."""

    def __init__(self) -> None:
        self.ready = dict[str, bool]()
        self._client = httpx2.AsyncClient(headers=_AS_BOB, timeout=_LIMIT_S)
        self._turn = itertools.count()

    async def forward(self, path: str) -> str:
        ready = [address for address, is_ready in self.ready.items() if is_ready]
        address = ready[next(self._turn) % len(ready)]
        try:
            return str((await self._client.get(address + path)).status_code)
        except httpx2.HTTPError as error:
            return repr(error)

    async def keep_asking(self) -> None:
        async with httpx2.AsyncClient(timeout=_LIMIT_S) as client, self._client:
            while True:
                for address in list(self.ready):
                    with contextlib.suppress(httpx2.HTTPError):
                        self.ready[address] = (await client.get(f"{address}/readyz")).status_code == 200
                await asyncio.sleep(_ASK_EVERY_S)

    async def until(self, address: str, *, is_ready: bool) -> None:
        async with asyncio.timeout(_LIMIT_S):
            while self.ready.get(address) != is_ready:  # noqa: ASYNC110 (it tells nobody)
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def proxied(*programs: Served) -> AsyncGenerator[Proxy]:
    proxy = Proxy()
    asking = asyncio.create_task(proxy.keep_asking())
    for program in programs:
        proxy.ready[program.address] = False
        await proxy.until(program.address, is_ready=True)
    yield proxy
    await end_tasks(asking)


async def ask(proxy: Proxy, until: asyncio.Event) -> list[str]:
    """Ask for 1,000 pages, and more if it takes longer; give what became of each."""
    results: list[str] = []
    for number in itertools.count():
        if number >= REQUESTS and until.is_set():
            return results
        results.append(await proxy.forward("/account" if number % 10 == 0 else "/robots.txt"))
    return results


@pytest.mark.long
@pytest.mark.anyio
@pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
async def test_each_of_two_is_replaced_and_no_request_of_a_thousand_is_lost(
    tmp_path: Path, private_server: PrivateServer, arguments: tuple[str, ...]
) -> None:
    settings = {"DATABASE_URL": private_server.url, "PAGES_PER_MINUTE": "100000", "STOP_DRAIN_S": "5"}
    with contextlib.ExitStack() as stack:

        def start(name: str) -> Served:
            (tmp_path / name).mkdir()
            return stack.enter_context(run_serve(tmp_path / name, *arguments, enter=(), **settings))

        old = [await asyncio.to_thread(start, name) for name in ("one", "two")]
        async with proxied(*old) as proxy:
            is_over = asyncio.Event()
            asking = [asyncio.create_task(ask(proxy, is_over)) for _ in range(2)]
            for number, program in enumerate(old):
                program.process.send_signal(signal.SIGTERM)
                await proxy.until(program.address, is_ready=False)
                assert await asyncio.to_thread(program.process.wait, _LIMIT_S) == 0
                del proxy.ready[program.address]
                new = await asyncio.to_thread(start, f"new {number}")
                proxy.ready[new.address] = False
                await proxy.until(new.address, is_ready=True)
            is_over.set()
            results = [one for results in await asyncio.gather(*asking) for one in results]
    assert len(results) >= REQUESTS
    assert [one for one in results if one != "200"] == []
