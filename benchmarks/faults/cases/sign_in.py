"""Take away what people sign in by: the mail server and the identity provider."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from random import Random
from time import monotonic, sleep

import httpx2

from benchmarks.faults.case import Case, Stage
from benchmarks.faults.installation import Installation, Layout, Lost, open_installation, wait_for
from benchmarks.faults.traffic import Ledger
from tests.fakes import oidc
from tests.fakes.oidc import Provider
from tests.fakes.postgres import PrivateServers
from tests.fakes.smtp import MailServer, run_mail_server

_ANSWERS = ("451 Try again later", "421 Going down", "")
_PAGE_WITHIN_S = 15.0
_MAILED_WITHIN_S = 60.0


@contextmanager
def run_mails() -> Generator[MailServer]:
    """Yield a mail server that runs in a thread of its own."""
    started, ended = threading.Event(), asyncio.Event()
    made: list[tuple[MailServer, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        async with run_mail_server() as mails:
            made.append((mails, asyncio.get_running_loop()))
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="mail server")
    thread.start()
    started.wait()
    [(mails, loop)] = made
    try:
        yield mails
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


@contextmanager
def open_with_mails(servers: PrivateServers, seed: int) -> Generator[Stage]:
    """Yield the program with a mail server, which is told of each new token."""
    with run_mails() as mails:
        settings = {"SMTP_URL": f"smtp://127.0.0.1:{mails.port}", "MAIL_FROM": "backlog@example.com"}
        with open_installation(servers, Layout.ALONE, seed=seed, settings=settings) as made:
            yield Stage(made, partial(refuse_mails, mails), partial(find_unmailed, mails))


def refuse_mails(mails: MailServer, chance: Random) -> None:
    """Take no mail for some seconds: refuse it, or break off."""
    mails.on_data = chance.choice(_ANSWERS)
    sleep(1 + 2 * chance.random())
    mails.on_data = "250 OK"


def find_unmailed(mails: MailServer, ledger: Ledger) -> list[str]:
    """Say of which token that was made nobody was told."""
    names = [act.name for act in ledger.acts if act.kind == "token" and act.status == 200]

    def list_unmailed() -> list[str]:
        texts = [mail.get_content() for mail in mails.received]
        return [name for name in names if not any(name in text for text in texts)]

    wait_for(lambda: not list_unmailed(), f"all of {len(names)} mails came", _MAILED_WITHIN_S)
    return []


@contextmanager
def open_with_provider(servers: PrivateServers, seed: int) -> Generator[Stage]:
    """Yield the program with an identity provider."""
    with oidc.run_provider() as provider:
        provider.claims |= {"email": "frank@example.com", "name": "Frank"}
        settings = {
            "OIDC_ISSUER": provider.url,
            "OIDC_CLIENT_ID": provider.client_id,
            "OIDC_CLIENT_SECRET": provider.client_secret,
        }
        with open_installation(servers, Layout.ALONE, seed=seed, settings=settings) as made:
            yield Stage(made, partial(break_provider, made, provider))


def break_provider(installation: Installation, provider: Provider, chance: Random) -> None:
    """Let the provider fail or dawdle: the ways in are still shown; when it is back it lets people in."""
    path = chance.choice(("/.well-known/openid-configuration", "/token", "/keys"))
    if chance.random() < 1 / 2:
        provider.answers[path] = (chance.choice((500, 503, 404)), {}, b"away")
    else:
        provider.delay_s = 1 + 2 * chance.random()
    with httpx2.Client(base_url=installation.address, timeout=60) as client:
        if (status := client.get("/sign-in").status_code) != 200:
            raise Lost(f"/sign-in answered {status}")
        status, took_s = _sign_in(provider, client)
        if status not in {303, 503} or took_s > _PAGE_WITHIN_S:
            raise Lost(f"a sign-in by a broken provider ended with {status} after {took_s:.1f} s")
    provider.answers.clear()
    provider.delay_s = 0

    def is_let_in() -> bool:
        with httpx2.Client(base_url=installation.address, timeout=60) as client:
            return _sign_in(provider, client)[0] == 303 and "slb_session" in client.cookies

    wait_for(is_let_in, "the provider lets people in again", 60)


def _sign_in(provider: Provider, client: httpx2.Client) -> tuple[int, float]:
    """Go to the provider and back, and return the last status and how long it took."""
    began = monotonic()
    answer = client.get("/sign-in/oidc?next=/")
    if answer.status_code == 303 and answer.headers["location"].startswith(provider.url):
        answer = client.get(provider.consent(answer.headers["location"]))
    return answer.status_code, monotonic() - began


CASES = (
    Case(
        name="mail-down",
        does="the mail server refuses mails or breaks off for one to three seconds; each mail arrives in the end",
        stands_for="AU-07",
        open=open_with_mails,
    ),
    Case(
        name="provider-down",
        does="the identity provider fails or dawdles; the ways in are shown, and it lets people in when it is back",
        stands_for="AU-16",
        open=open_with_provider,
    ),
)
