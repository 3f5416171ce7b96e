"""Changes sent to an open page: each once, nothing while there is no news, and an end when there has to be one."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from shareable_backlog.errors import DatabaseUnavailable
from shareable_backlog.web import event_stream
from shareable_backlog.web.connections.read_timeout import STOPPING
from shareable_backlog.web.event_stream import EventStreams, News

pytestmark = pytest.mark.anyio

ALICE, BOB = 1, 2
FAILURE = DatabaseUnavailable("The database is starting.")


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    assert event_stream._LOOK_EVERY_S == 1  # pyright: ignore[reportPrivateUsage] (what the database has to bear)
    monkeypatch.setattr(event_stream, "_LOOK_EVERY_S", 0.001)


class Page:
    """An open page: what it is sent, and its ways to leave."""

    def __init__(
        self,
        streams: EventStreams,
        look: Callable[[], Awaitable[News | None]],
        method: str = "GET",
        user_id: int = BOB,
    ) -> None:
        self.scope: dict[str, Any] = {"type": "http", "method": method, "headers": [], "state": {}}
        self.left = asyncio.Event()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self._answer = streams.build_response(Request(self.scope), user_id, look)
        self._came = asyncio.Event()

    @property
    def events(self) -> list[Any]:
        """Return the news it was sent."""
        return [json.loads(line[6:]) for line in self.text.splitlines() if line.startswith("data: ")]

    async def show(self) -> None:
        """Take the whole answer, for a while."""
        async with asyncio.timeout(20):
            await self._answer(self.scope, self._receive, self._send)

    async def wait_for(self, is_there: Callable[[], bool]) -> None:
        """Wait until what was sent makes that true."""
        async with asyncio.timeout(20):
            while not is_there():
                self._came.clear()
                await self._came.wait()

    async def _receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        self.text += message.get("body", b"").decode()
        self._came.set()


def tell(*all_news: News | Exception | None) -> Callable[[], Awaitable[News | None]]:
    """Return what looks find one after the other, the last of it again and again."""
    waiting = list(all_news)

    async def look() -> News | None:
        news = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(news, Exception):
            raise news
        return news

    return look


@asynccontextmanager
async def opened(streams: EventStreams, *all_news: News | Exception | None) -> AsyncGenerator[Page]:
    """Open a page that has begun to be answered; it leaves at the end."""
    page = Page(streams, tell(*all_news))
    async with asyncio.TaskGroup() as showing:
        showing.create_task(page.show())
        await page.wait_for(lambda: page.status != 0)
        yield page
        page.left.set()


async def sent(*all_news: News | Exception | None) -> list[Any]:
    """Return the news that a page is sent until the looks end it."""
    page = Page(EventStreams(1, 1), tell(*all_news, None))
    await page.show()
    return page.events


async def test_it_is_a_stream_of_events_that_begins_at_once_and_that_nginx_passes_on() -> None:
    async with opened(EventStreams(1, 1), {}) as page:
        await page.wait_for(lambda: page.text == ": hello\n\n")
        assert page.status == 200
        assert page.headers["content-type"].startswith("text/event-stream")
        assert page.headers["x-accel-buffering"] == "no"


async def test_each_change_is_sent_once() -> None:
    assert await sent({"n": 1}, {"n": 1}, {"n": 2}, {"n": 2}, {"n": 1}) == [{"n": 1}, {"n": 2}, {"n": 1}]


async def test_news_of_several_lines_is_one_event() -> None:
    news = {"html": "<p>\n\ndata: x\r\n</p>", "said": "Grüße"}
    assert await sent(news) == [news]


async def test_a_look_that_fails_sends_nothing_and_ends_nothing() -> None:
    assert await sent({"n": 1}, FAILURE, FAILURE, {"n": 1}, {"n": 2}) == [{"n": 1}, {"n": 2}]


async def test_an_error_that_nobody_foresaw_ends_it() -> None:
    with pytest.raises(ZeroDivisionError):
        await sent({"n": 1}, ZeroDivisionError())


async def test_it_ends_when_the_reader_may_not_see_it_any_more() -> None:
    page = Page(EventStreams(1, 1), tell({"n": 1}, None))
    await page.show()
    assert page.events == [{"n": 1}]


async def test_it_ends_when_the_reader_goes() -> None:
    page = Page(EventStreams(1, 1), tell({"n": 1}))
    page.left.set()
    await page.show()


async def test_it_ends_at_once_when_the_server_is_about_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_LOOK_EVERY_S", 3600)
    page = Page(EventStreams(1, 1), tell({"n": 1}))
    async with asyncio.TaskGroup() as showing:
        showing.create_task(page.show())
        await page.wait_for(lambda: page.events != [])
        page.scope["state"][STOPPING].set()


async def test_a_silent_stream_says_now_and_then_that_it_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_HEARTBEAT_S", 0)
    async with opened(EventStreams(1, 1), {"n": 1}) as page:
        await page.wait_for(lambda: page.text.count(": still here\n\n") > 1)
        assert page.events == [{"n": 1}]


async def test_before_that_nothing_is_said_without_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_HEARTBEAT_S", 3600)
    page = Page(EventStreams(1, 1), tell({"n": 1}, *[{"n": 1}] * 50, None))
    await page.show()
    assert page.text.count("\n\n") == 2


async def test_beyond_the_most_a_page_is_told_to_be_loaded_anew() -> None:
    streams = EventStreams(2, 2)
    async with opened(streams, {}), opened(streams, {}):
        refused = Page(streams, tell({}))
        await refused.show()
        assert (refused.status, refused.headers["content-length"]) == (503, str(len(refused.text)))
        assert refused.text == "Too many pages are open right now. Reload this page to see changes.\n"


async def test_one_person_has_no_more_than_their_share_and_others_have_theirs() -> None:
    streams = EventStreams(3, 1)
    async with opened(streams, {}):
        refused, others = Page(streams, tell({})), Page(streams, tell(None), user_id=ALICE)
        await refused.show()
        await others.show()
        assert (refused.status, others.status) == (503, 200)


async def test_a_place_is_free_again_once_a_stream_has_ended_however() -> None:
    streams = EventStreams(1, 1)
    for all_news in [({"n": 1}, None), (ZeroDivisionError(),)]:
        page = Page(streams, tell(*all_news))
        await asyncio.gather(page.show(), return_exceptions=True)
        assert page.status == 200
    async with opened(streams, {}):
        pass
    async with opened(streams, {}) as page:
        assert page.status == 200


async def test_a_head_is_answered_without_a_stream_and_takes_no_place() -> None:
    streams = EventStreams(1, 1)
    async with opened(streams, {}):
        page = Page(streams, tell({}), "HEAD")
        await page.show()
        assert (page.status, page.text) == (200, "")
        assert page.headers["content-type"].startswith("text/event-stream")
