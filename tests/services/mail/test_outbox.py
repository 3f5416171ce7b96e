"""Mails that wait: stored with what they tell, sent by one process, tried again, given up, shown to admins."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shareable_backlog import database
from shareable_backlog.config import Secret, Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.errors import DatabaseUnavailable
from shareable_backlog.mail import MailMessage, delivery
from shareable_backlog.services.mail import outbox
from shareable_backlog.services.mail.outbox import MailKind, Outbox, Renderer
from shareable_backlog.tasks import end_tasks
from tests.fakes import smtp

pytestmark = pytest.mark.anyio

BOX = Outbox(is_set_up=True)


async def said(to: str, params: Mapping[str, Any]) -> MailMessage | None:
    """Write a mail that says what was put; nothing for "unwanted", and a bug for "bug"."""
    if params["say"] == "bug":
        raise ZeroDivisionError
    return MailMessage(to, "Said", params["say"]) if params["say"] != "unwanted" else None


RENDERERS: Mapping[MailKind, Renderer] = {"access_approved": said, "sign_in": said}


def by(live_database: Settings, port: int) -> Settings:
    """Return settings with the mail server at `port`."""
    return replace(live_database, smtp_url=Secret(f"smtp://127.0.0.1:{port}"), mail_from="backlog@example.com")


async def put(
    say: str = "Hello",
    kind: MailKind = "access_approved",
    *,
    to: str = "bob@example.com",
    lives_s: float | None = None,
) -> None:
    """Put a mail in, in a transaction of its own."""
    expires_at = None if lives_s is None else datetime.now(UTC) + timedelta(seconds=lives_s)
    async with transaction() as tx:
        await BOX.add_mail(tx, kind, to, {"say": say}, expires_at)


async def make_due() -> None:
    """Let the time of the next try come for all that wait."""
    await query("UPDATE outgoing_mails SET next_try_at = now()")


async def wait_s() -> float:
    """Tell in how many seconds the one mail that waits is tried again."""
    [(seconds,)] = await query("SELECT extract(epoch FROM next_try_at - now())::float FROM outgoing_mails")
    return seconds


async def test_what_was_put_is_sent_once_and_nothing_of_it_stays(live_database: Settings) -> None:
    async with smtp.run_mail_server() as server:
        await put("Grüße")
        assert await outbox.send_waiting(by(live_database, server.port), RENDERERS) == 1
        assert await outbox.send_waiting(by(live_database, server.port), RENDERERS) == 0
    assert [(one["To"], one.get_content()) for one in server.received] == [("bob@example.com", "Grüße\n")]
    assert await query("SELECT * FROM outgoing_mails") == []


@pytest.mark.usefixtures("live_database")
async def test_a_mail_goes_with_the_transaction_of_what_it_tells() -> None:
    with contextlib.suppress(ZeroDivisionError):
        async with transaction() as tx:
            await BOX.add_mail(tx, "access_approved", "bob@example.com", {"say": "Hello"})
            raise ZeroDivisionError
    assert (await outbox.read_state()).waiting == 0


@pytest.mark.usefixtures("live_database")
async def test_without_a_mail_server_nothing_is_kept() -> None:
    async with transaction() as tx:
        await Outbox(is_set_up=False).add_mail(tx, "access_approved", "bob@example.com", {})
    assert await query("SELECT * FROM outgoing_mails") == []


@pytest.mark.usefixtures("live_database")
async def test_for_an_address_that_nobody_can_have_nothing_is_kept() -> None:
    await put(to="carol=example.com.1@unverified.invalid")
    assert await query("SELECT * FROM outgoing_mails") == []


async def test_without_a_mail_server_nobody_looks(live_database: Settings) -> None:
    await outbox.keep_sending(live_database, RENDERERS)


async def test_what_is_no_longer_wanted_is_not_sent(live_database: Settings) -> None:
    async with smtp.run_mail_server() as server:
        await put("unwanted")
        await outbox.send_waiting(by(live_database, server.port), RENDERERS)
    assert server.received == []
    assert (await outbox.read_state()).waiting == 0


async def test_words_that_json_or_the_database_refuse_are_kept_without_those_characters(
    live_database: Settings,
) -> None:
    async with smtp.run_mail_server() as server:
        await put("a\0b\ud800c \\u0000")
        await outbox.send_waiting(by(live_database, server.port), RENDERERS)
    assert server.received[0].get_content() == "ab?c \\u0000\n"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"on_data": "451 Later"}, "The mail server did not accept the mail (451)."),
        ({"on_recipient": "450 Later"}, "The mail server does not accept mail for this recipient (450)."),
        ({"on_data": ""}, "The mail server dropped the connection."),
    ],
)
async def test_a_passing_fault_is_shown_and_the_mail_sent_when_it_is_over(
    live_database: Settings, answers: dict[str, str], words: str
) -> None:
    async with smtp.run_mail_server() as server:
        for name, answer in answers.items():
            setattr(server, name, answer)
        await put()
        await outbox.send_waiting(by(live_database, server.port), RENDERERS)
        state = await outbox.read_state()
        assert (state.waiting, state.given_up, state.last_error) == (1, 0, words)
        assert state.last_error_at
        assert await outbox.send_waiting(by(live_database, server.port), RENDERERS) == 0, "it waits first"
        server.on_data = server.on_recipient = "250 OK"
        await make_due()
        await outbox.send_waiting(by(live_database, server.port), RENDERERS)
        assert len(server.received) == 1
    assert await outbox.read_state() == outbox.OutboxState(0, 0, None, None)


async def test_a_server_that_is_down_or_silent_leaves_the_mail_waiting(
    live_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_DEADLINE_S", 0.2)
    await put()
    async with smtp.silent() as port:
        await outbox.send_waiting(by(live_database, port), RENDERERS)
        assert (await outbox.read_state()).last_error == "The mail server did not answer in time."
    await make_due()
    await outbox.send_waiting(by(live_database, port), RENDERERS)
    state = await outbox.read_state()
    assert (state.waiting, state.last_error) == (1, "The mail server can't be reached.")


async def test_waits_double_up_to_an_hour(live_database: Settings) -> None:
    await put()
    async with smtp.silent() as port:
        pass
    for tries, longest_s in [(1, 5), (2, 10), (3, 20), (9, 1280), (11, 3600), (5000, 3600)]:
        await query("UPDATE outgoing_mails SET next_try_at = now(), tries = %(tries)s", {"tries": tries - 1})
        await outbox.send_waiting(by(live_database, port), RENDERERS)
        assert longest_s / 2 - 2 <= await wait_s() <= longest_s


async def test_a_mail_that_is_refused_for_good_is_given_up_and_its_words_forgotten(live_database: Settings) -> None:
    async with smtp.run_mail_server() as server:
        server.on_recipient = "550 No such user"
        await put("Something personal")
        await outbox.send_waiting(by(live_database, server.port), RENDERERS)
        await make_due()
        assert await outbox.send_waiting(by(live_database, server.port), RENDERERS) == 0
    state = await outbox.read_state()
    assert (state.waiting, state.given_up) == (0, 1)
    assert state.last_error == "The mail server does not accept mail for this recipient (550)."
    assert await query("SELECT params FROM outgoing_mails") == [({},)]


async def test_a_mail_whose_next_try_would_be_too_late_is_given_up(live_database: Settings) -> None:
    await put(lives_s=2)
    async with smtp.silent() as port:
        pass
    await outbox.send_waiting(by(live_database, port), RENDERERS)
    state = await outbox.read_state()
    assert (state.waiting, state.given_up, state.last_error) == (0, 1, "The mail server can't be reached.")


async def test_a_mail_that_became_too_old_while_nothing_ran_is_not_sent(live_database: Settings) -> None:
    async with smtp.run_mail_server() as server:
        await put(lives_s=-1)
        await outbox.send_waiting(by(live_database, server.port), RENDERERS)
    assert server.received == []
    assert (await outbox.read_state()).last_error == "It expired before anything sent it."


async def test_one_mail_that_cannot_be_written_holds_up_no_other(
    live_database: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with smtp.run_mail_server() as server:
        await put("bug")
        await put("Hello")
        await outbox.send_waiting(by(live_database, server.port), RENDERERS)
        assert len(server.received) == 1
    assert (await outbox.read_state()).given_up == 1
    printed = capsys.readouterr()
    assert "ZeroDivisionError" in printed.out + printed.err


async def test_two_processes_send_each_mail_once(live_database: Settings) -> None:
    async with smtp.run_mail_server() as server:
        for number in range(6):
            await put(str(number))
        settings = by(live_database, server.port)
        counts = await asyncio.gather(*(outbox.send_waiting(settings, RENDERERS) for _ in range(3)))
        assert sum(counts) == 6
        assert sorted(one.get_content() for one in server.received) == [f"{number}\n" for number in range(6)]


async def test_a_mail_whose_sender_died_is_tried_again_and_not_before(live_database: Settings) -> None:
    async with smtp.run_mail_server() as server:
        server.answering.clear()
        await put()
        dying = asyncio.create_task(outbox.send_waiting(by(live_database, server.port), RENDERERS))
        await server.asked.wait()
        await end_tasks(dying)
        server.answering.set()
        assert await outbox.send_waiting(by(live_database, server.port), RENDERERS) == 0
        assert 50 < await wait_s() <= 60
        await make_due()
        assert await outbox.send_waiting(by(live_database, server.port), RENDERERS) == 1


@pytest.mark.owner  # who may see what its sessions do
async def test_no_connection_to_the_database_is_held_while_the_mail_server_thinks(live_database: Settings) -> None:
    async with smtp.run_mail_server() as server:
        server.answering.clear()
        await put()
        sending = asyncio.create_task(outbox.send_waiting(by(live_database, server.port), RENDERERS))
        await server.asked.wait()
        held = (
            "SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%' AND datname = current_database()"
        )
        assert await query(held, {}) == []
        server.answering.set()
        await sending


async def test_what_expires_first_goes_first(live_database: Settings) -> None:
    async with smtp.run_mail_server() as server:
        for number in range(5):
            await put(f"Notice {number}")
        await put("Code", "sign_in", lives_s=600)
        await outbox.send_waiting(by(live_database, server.port), RENDERERS)
        assert "Code\n" in [one.get_content() for one in server.received]


async def test_a_kind_that_only_a_newer_program_knows_is_left_to_it(live_database: Settings) -> None:
    async with smtp.run_mail_server() as server:
        await put(kind="access_declined")
        assert await outbox.send_waiting(by(live_database, server.port), RENDERERS) == 0
    assert (await outbox.read_state()).waiting == 1


async def test_a_mail_that_a_lost_database_keeps_from_being_written_waits(live_database: Settings) -> None:
    async def lost(_to: str, _params: Mapping[str, Any]) -> MailMessage | None:
        raise DatabaseUnavailable("The database is away.")

    await put()
    async with smtp.run_mail_server() as server:
        with pytest.raises(DatabaseUnavailable):
            await outbox.send_waiting(by(live_database, server.port), {"access_approved": lost})
    state = await outbox.read_state()
    assert (state.waiting, state.given_up) == (1, 0)


@asynccontextmanager
async def sending(settings: Settings) -> AsyncGenerator[None]:
    """Let mails be sent in the background for the length of the context."""
    await database.test_connection()
    looked = asyncio.Event()
    tasks = [
        asyncio.create_task(work)
        for work in (schema_watch.watch_schema(looked), outbox.keep_sending(settings, RENDERERS))
    ]
    try:
        async with asyncio.timeout(20):
            await looked.wait()
            yield
    finally:
        assert not any(task.done() for task in tasks)
        await end_tasks(*tasks)


async def test_mails_go_out_in_the_background_and_old_failures_are_forgotten(live_database: Settings) -> None:
    await put("old")
    await query("UPDATE outgoing_mails SET given_up_at = now() - interval '8 days'")
    async with smtp.run_mail_server() as server, sending(by(live_database, server.port)):
        await put()
        await server.asked.wait()
        while (await outbox.read_state()).waiting:  # noqa: ASYNC110 (the row goes after the server has answered)
            await asyncio.sleep(0.02)
    assert [one.get_content() for one in server.received] == ["Hello\n"]


async def test_no_log_line_of_a_failure_names_the_recipient_or_the_server(
    live_database: Settings, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async with smtp.run_mail_server() as server:
        server.on_data = "451 mail.example.com says later to bob@example.com"
        await put()
        await outbox.send_waiting(by(live_database, server.port), RENDERERS)
    printed = capsys.readouterr()
    logged = (
        printed.out + printed.err + "".join(one.getMessage() for one in caplog.records if "aiosmtpd" not in one.name)
    )
    assert "mail_put_off" in logged
    assert "bob@example.com" not in logged
    assert "mail.example.com" not in logged
