"""Linear's webhooks over HTTP, from well-behaved and rude senders, against `slb serve`."""

import asyncio
import contextlib
import gzip
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from shareable_backlog.config import Secret
from shareable_backlog.controllers import webhooks
from shareable_backlog.web.connections import read_timeout
from tests.conftest import as_url, create_database
from tests.fakes.linear import Row, World, delivery, run_linear
from tests.fakes.postgres import PrivateServer
from tests.support.served import Served, run_serve
from tests.support.signed_in import let_in

SECRET, OLD, OTHER = "lin_wh_0tests0secret0one", "lin_wh_0tests0secret0old", "lin_wh_0tests0secret0not"
PATH = "/webhooks/linear"
LARGEST = 5 * 2**20
GIVE_UP_S = 40.0


class Receiver:
    """A served mirror of a workspace with one issue."""

    def __init__(self, program: Served, world: World, conninfo: str) -> None:
        self.program, self.world, self.conninfo = program, world, conninfo
        self.issue = next(iter(world.rows["issues"].values()))
        self.client = httpx2.Client(base_url=program.address, timeout=GIVE_UP_S)

    def signed(self, body: bytes, secret: str = SECRET) -> dict[str, str]:
        return {"Linear-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}

    def post(self, body: bytes, headers: Any) -> httpx2.Response:
        return self.client.post(PATH, content=body, headers=headers)

    def change(self, title: str, secret: str = SECRET, action: str = "update") -> httpx2.Response:
        """Post that the issue has another title now."""
        row: Row = self.issue | {"title": title, "updatedAt": datetime.now(UTC).isoformat()}
        headers, body = delivery(self.world, action, "Issue", row, secret=secret)
        return self.post(body, headers)

    def until_shown(self, title: str) -> None:
        deadline = time.monotonic() + GIVE_UP_S
        while title not in self.program.get(f"/items/{self.issue['identifier']}").text:
            assert time.monotonic() < deadline, self.program.log
            time.sleep(0.01)

    def kept(self) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute("SELECT type, outcome FROM webhook_deliveries").fetchall()

    def socket(self) -> socket.socket:
        address = urlsplit(self.program.address)
        return socket.create_connection((address.hostname or "", address.port or 0), timeout=GIVE_UP_S)

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.program.process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.fixture(scope="module")
def receiver(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    world = World()
    world.add_issue(title="As it was")
    with (
        create_database(server, template) as conninfo,
        run_linear(world) as fake,
        run_serve(
            tmp_path_factory.mktemp("served"),
            DATABASE_URL=as_url(conninfo),
            LINEAR_API_KEY=fake.key,
            LINEAR_API_URL=fake.url,
            LINEAR_WEBHOOK_SECRETS=f"{SECRET}, {OLD}",
        ) as program,
    ):
        let_in(conninfo)
        program.until("/readyz", 200)
        program.until_logged("sync_ended")
        receiver = Receiver(program, world, conninfo)
        yield receiver
        receiver.client.close()


@pytest.fixture(autouse=True)
def _nothing_kept(receiver: Receiver) -> None:
    with psycopg.connect(receiver.conninfo, autocommit=True) as connection:
        connection.execute("DELETE FROM webhook_deliveries")


def test_a_delivery_is_answered_in_moments_and_shows_on_the_page(receiver: Receiver) -> None:
    assert receiver.change("Warm-up").status_code == 200
    started = time.monotonic()
    answer = receiver.change("Changed just now")
    took_s = time.monotonic() - started
    assert (answer.status_code, answer.content, took_s < 0.2) == (200, b"", True)
    receiver.until_shown("Changed just now")


def test_a_removal_hides_the_item(receiver: Receiver) -> None:
    issue = receiver.world.add_issue(title="Here today")
    headers, body = delivery(receiver.world, "create", "Issue", issue, secret=SECRET)
    receiver.post(body, headers)
    receiver.program.until(f"/items/{issue['identifier']}", 200)
    headers, body = delivery(receiver.world, "remove", "Issue", issue, secret=SECRET)
    assert receiver.post(body, headers).status_code == 200
    receiver.program.until(f"/items/{issue['identifier']}", 404)


@pytest.mark.parametrize(
    "signature", [None, b"", b"0" * 64, b"A" * 64, b"0" * 63, b"0" * 65, b"\xff" * 64, "é".encode() * 32]
)
def test_a_delivery_with_no_or_a_wrong_signature_is_refused(receiver: Receiver, signature: bytes | None) -> None:
    headers = {} if signature is None else {b"Linear-Signature": signature}
    answer = receiver.post(b"{not json", headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "DELIVERY_REFUSED")
    assert receiver.kept() == []


def test_a_delivery_with_two_signatures_is_refused(receiver: Receiver) -> None:
    body = b"{}"
    right = receiver.signed(body)["Linear-Signature"]
    answer = receiver.post(body, [("Linear-Signature", right), ("Linear-Signature", right)])
    assert answer.status_code == 401


def test_a_delivery_signed_in_capitals_is_refused(receiver: Receiver) -> None:
    headers, body = delivery(receiver.world, "update", "Issue", receiver.issue, secret=SECRET)
    headers["Linear-Signature"] = headers["Linear-Signature"].upper()
    assert receiver.post(body, headers).status_code == 401


def test_both_secrets_are_taken_and_no_other(receiver: Receiver) -> None:
    codes = [receiver.change("By a secret", secret).status_code for secret in (SECRET, OLD, OTHER)]
    assert codes == [200, 200, 401]


@pytest.mark.parametrize("offset_s", [-61.5, 61.5, -600, 600])
def test_a_delivery_of_another_minute_is_refused_and_not_stored(receiver: Receiver, offset_s: float) -> None:
    at = datetime.fromtimestamp(time.time() + offset_s, UTC)
    headers, body = delivery(receiver.world, "update", "Issue", receiver.issue, secret=SECRET, at=at)
    assert receiver.post(body, headers).status_code == 401
    assert receiver.kept() == []


@pytest.mark.parametrize("timestamp", ["missing", "text", -1, 1e30])
def test_a_delivery_without_a_time_is_refused_and_not_stored(receiver: Receiver, timestamp: object) -> None:
    event = json.loads(delivery(receiver.world, "update", "Issue", receiver.issue, secret=SECRET)[1])
    event["webhookTimestamp"] = timestamp
    if timestamp == "missing":
        del event["webhookTimestamp"]
    body = json.dumps(event).encode()
    assert receiver.post(body, receiver.signed(body)).status_code == 401
    assert receiver.kept() == []


def test_the_same_delivery_a_hundred_times_twenty_at_once_is_stored_once(receiver: Receiver) -> None:
    headers, body = delivery(receiver.world, "update", "Issue", receiver.issue, secret=SECRET)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(receiver.post, [body] * 100, [headers] * 100))
    assert {answer.status_code for answer in answers} == {200}
    assert len(receiver.kept()) == 1


def test_the_same_body_under_other_ids_is_stored_once(receiver: Receiver) -> None:
    headers, body = delivery(receiver.world, "update", "Issue", receiver.issue, secret=SECRET)
    replayed = [headers] + [headers | {"Linear-Delivery": f"another-{number}"} for number in range(20)]
    with ThreadPoolExecutor(5) as pool:
        assert {one.status_code for one in pool.map(receiver.post, [body] * 21, replayed)} == {200}
    assert len(receiver.kept()) == 1


def test_without_an_id_the_same_body_counts_once(receiver: Receiver) -> None:
    headers, body = delivery(receiver.world, "update", "Issue", receiver.issue, secret=SECRET)
    for id_ in (None, "", "x" * 500, "ü"):
        sent = {name: value for name, value in headers.items() if name != "Linear-Delivery"}
        if id_ is not None:
            sent["Linear-Delivery"] = id_
        assert receiver.post(body, [(name, value.encode()) for name, value in sent.items()]).status_code == 200
    assert len(receiver.kept()) == 1


@pytest.mark.parametrize("change", [{"type": "Reaction"}, {"action": "set"}, {"data": {}}, {"data": {"id": "ENG-1"}}])
def test_what_the_mirror_has_no_use_for_is_taken_and_counted(receiver: Receiver, change: dict[str, Any]) -> None:
    event = json.loads(delivery(receiver.world, "update", "Issue", receiver.issue, secret=SECRET)[1]) | change
    body = json.dumps(event).encode()
    assert receiver.post(body, receiver.signed(body)).status_code == 200
    assert receiver.kept() == [(change.get("type", "Issue"), "ignored")]


def test_a_signed_body_that_is_no_json_is_refused_in_plain_words(receiver: Receiver) -> None:
    answer = receiver.post(b"[" * 20_000, receiver.signed(b"[" * 20_000))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_INPUT")


def test_an_encoded_body_is_refused_unread(receiver: Receiver) -> None:
    bomb = gzip.compress(bytes(200 * 2**20), 1)
    before = receiver.memory_mb()
    answer = receiver.post(bomb, {"Content-Encoding": "gzip"} | receiver.signed(bomb))
    assert answer.status_code == 415
    assert receiver.memory_mb() - before < 20


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(receiver: Receiver) -> None:
    with receiver.socket() as sender:
        sender.sendall(head(f"Content-Length: {LARGEST + 1}"))
        assert answered(sender).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_end_is_refused_at_the_limit_and_the_connection_closed(receiver: Receiver) -> None:
    before, sent = receiver.memory_mb(), 0
    chunk = b"10000\r\n" + b"x" * 2**16 + b"\r\n"
    with receiver.socket() as sender, contextlib.suppress(ConnectionError):
        sender.sendall(head("Transfer-Encoding: chunked"))
        while sent < 50 * 2**20:
            sender.sendall(chunk)
            sent += 2**16
    assert sent < 20 * 2**20  # what fits the buffers of both ends comes on top
    assert receiver.memory_mb() - before < 40
    assert receiver.change("After that").status_code == 200


def test_a_body_of_the_largest_size_is_read(receiver: Receiver) -> None:
    event = json.loads(delivery(receiver.world, "update", "Issue", receiver.issue, secret=SECRET)[1])
    body = json.dumps(event | {"url": ""}).encode()
    body = body.replace(b'"url": ""', b'"url": "' + b"x" * (LARGEST - len(body)) + b'"')
    assert len(body) == LARGEST
    assert receiver.post(body, receiver.signed(body)).status_code == 200


@pytest.mark.parametrize("length", ["-1", "many", "1, 2", "99999999999999999999999999"])
def test_a_length_that_is_none_is_refused(receiver: Receiver, length: str) -> None:
    with receiver.socket() as sender:
        sender.sendall(head(f"Content-Length: {length}"))
        assert answered(sender)[9:12] in {b"400", b"413"}


def test_a_body_longer_than_it_says_is_no_delivery_and_no_second_one(receiver: Receiver) -> None:
    headers, body = delivery(receiver.world, "update", "Issue", receiver.issue, secret=SECRET)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    with receiver.socket() as sender:
        sender.sendall(head(f"Content-Length: {len(body) - 10}", *lines) + body)
        assert answered(sender)[9:12] in {b"400", b"401"}
    assert receiver.kept() == []


def test_a_sender_that_goes_in_the_middle_leaves_nothing(receiver: Receiver) -> None:
    with receiver.socket() as sender:
        sender.sendall(head("Content-Length: 100") + b"{")
    assert receiver.change("After that").status_code == 200
    assert receiver.program.events("unforeseen_error") == []


def test_senders_that_are_slow_hold_up_nobody(receiver: Receiver) -> None:
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(receiver.socket()) for _ in range(200)]
        for sender in slow[:100]:
            sender.sendall(b"POST /webhooks/linear HTTP/1.1\r\nHost: localhost\r\nX-")
        for sender in slow[100:]:
            sender.sendall(head("Content-Length: 1000") + b"{")
        assert receiver.change("Meanwhile").status_code == 200
        receiver.until_shown("Meanwhile")


@pytest.mark.anyio
async def test_a_body_that_comes_too_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert webhooks.BODY_WITHIN_S < read_timeout.WHOLE_WITHIN_S
    monkeypatch.setattr(webhooks, "BODY_WITHIN_S", 0.1)
    app = Starlette()
    app.state.webhook_secrets = (Secret(SECRET),)

    async def a_byte_now_and_then() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    with pytest.raises(HTTPException) as refused:
        await webhooks.receive_delivery(Request({"type": "http", "headers": [], "app": app}, a_byte_now_and_then))
    assert (refused.value.status_code, refused.value.headers) == (408, {"Connection": "close"})


def head(*lines: str) -> bytes:
    """Write the beginning of a post."""
    return "\r\n".join((f"POST {PATH} HTTP/1.1", "Host: localhost", *lines, "", "")).encode()


def answered(sender: socket.socket) -> bytes:
    """Return the answer, and hold that the connection is closed after it."""
    answer = b""
    with contextlib.suppress(ConnectionError):
        while more := sender.recv(2**16):
            answer += more
    return answer


def test_while_the_database_is_down_linear_is_asked_to_send_it_again(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    world = World()
    issue = world.add_issue()
    with (
        run_linear(world) as fake,
        run_serve(
            tmp_path,
            DATABASE_URL=private_server.url,
            LINEAR_API_KEY=fake.key,
            LINEAR_API_URL=fake.url,
            LINEAR_WEBHOOK_SECRETS=SECRET,
        ) as program,
    ):
        program.until("/readyz", 200)
        program.until_logged("sync_ended")
        receiver = Receiver(program, world, private_server.url)
        private_server.stop()
        program.until("/readyz", 503)
        headers, body = delivery(world, "update", "Issue", issue | {"title": "Sent twice"}, secret=SECRET)
        answer = receiver.post(body, headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        private_server.start()
        program.until("/readyz", 200)
        assert receiver.post(body, headers).status_code == 200
        receiver.until_shown("Sent twice")
        receiver.client.close()
        assert SECRET not in program.log


def test_without_a_secret_there_is_nothing(tmp_path: Path, database: str) -> None:
    with run_serve(tmp_path, DATABASE_URL=as_url(database)) as program:
        program.until("/readyz", 200)
        answer = program.get(PATH, "POST")
        assert (answer.status, json.loads(answer.text)["error"]["code"]) == (404, "NOT_FOUND")
