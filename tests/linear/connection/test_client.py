import shutil
import ssl
import subprocess
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from shareable_backlog.config import Secret, Settings
from shareable_backlog.errors import ConfigurationInvalid, LinearFailed
from shareable_backlog.linear.connection.client import open_client, open_configured_client
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.errors import (
    AuthenticationFailed,
    Forbidden,
    InvalidQuery,
    LinearUnavailable,
    RateLimited,
    ServerErred,
    TooComplex,
)
from tests.fakes.linear import FakeLinear, Fault, run_linear

pytestmark = pytest.mark.anyio

VIEWER = "query Viewer { viewer { name } }"
ONCE = Retries(attempts=1)


async def asked(
    fake: FakeLinear,
    *,
    key: str | None = None,
    retries: Retries = ONCE,
    deadline_s: float = 10,
) -> dict[str, Any]:
    key = key or fake.key
    async with open_client(fake.url, key, retries=retries, deadline_s=deadline_s, largest_answer=2**20) as client:
        return decoded(await client.execute(VIEWER, {}))


def decoded(data: dict[str, msgspec.Raw]) -> dict[str, Any]:
    return {root: msgspec.json.decode(raw) for root, raw in data.items()}


async def failure(fake: FakeLinear, fault: Fault, *, retries: Retries = ONCE, deadline_s: float = 10) -> LinearFailed:
    fake.fail_next(fault)
    with pytest.raises(LinearFailed) as caught:
        await asked(fake, retries=retries, deadline_s=deadline_s)
    return caught.value


async def test_a_query_gives_its_data(fake: FakeLinear) -> None:
    assert await asked(fake) == {"viewer": {"name": "Alice Ashby"}}


async def test_a_personal_key_goes_as_it_is(fake: FakeLinear) -> None:
    await asked(fake, key=f" {fake.key}\n")
    assert fake.requests[0].headers["authorization"] == fake.key


@pytest.mark.parametrize("prefix", ["", "Bearer "])
async def test_an_oauth_token_goes_as_bearer(fake: FakeLinear, prefix: str) -> None:
    await asked(fake, key=prefix + fake.oauth_token)
    assert fake.requests[0].headers["authorization"] == f"Bearer {fake.oauth_token}"


@pytest.mark.parametrize("key", ["", " ", "lin_api_\u00e9", "lin_api_1\nX: 2", "lin_api_\x00"])
async def test_what_can_not_be_a_key_is_refused_before_anything_is_sent(fake: FakeLinear, key: str) -> None:
    with pytest.raises(AuthenticationFailed):
        async with open_client(fake.url, key):
            pass
    assert not fake.requests


@pytest.mark.parametrize("key", ["lin_api_unknown", f"Bearer {FakeLinear.key}"])
async def test_a_refused_key_is_an_authentication_failure_at_any_status(fake: FakeLinear, key: str) -> None:
    with pytest.raises(AuthenticationFailed, match="set LINEAR_API_KEY"):
        await asked(fake, key=key)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.AUTHENTICATION, AuthenticationFailed),
        (Fault.FORBIDDEN, Forbidden),
        (Fault.RATELIMITED, RateLimited),
        (Fault.PLAIN_429, RateLimited),
        (Fault.BARE_429, RateLimited),
        (Fault.TOO_COMPLEX, TooComplex),
        (Fault.VALIDATION_FAILED, InvalidQuery),
        (Fault.INTERNAL_ERROR, ServerErred),
        (Fault.BAD_GATEWAY, LinearUnavailable),
        (Fault.EMPTY, LinearUnavailable),
        (Fault.TRUNCATED_JSON, LinearUnavailable),
        (Fault.WRONG_CHARSET, LinearUnavailable),
        (Fault.DISCONNECT, LinearUnavailable),
        (Fault.REDIRECT, LinearUnavailable),
    ],
)
async def test_each_fault_has_its_error_in_words_without_key_or_address(
    fake: FakeLinear, fault: Fault, error: type[LinearFailed]
) -> None:
    caught = await failure(fake, fault)
    assert type(caught) is error
    assert "127.0.0.1" not in str(caught)
    assert fake.key not in str(caught)


async def test_a_limited_key_says_when_its_budget_is_back(fake: FakeLinear) -> None:
    caught = await failure(fake, Fault.RATELIMITED)
    assert isinstance(caught, RateLimited)
    assert caught.retry_at
    assert 3_590 < (caught.retry_at - datetime.now(UTC)).total_seconds() <= 3_600
    assert f"{caught.retry_at:%H:%M:%S} UTC" in str(caught)


async def test_a_plain_429_is_believed_about_its_seconds(fake: FakeLinear) -> None:
    caught = await failure(fake, Fault.PLAIN_429)
    assert isinstance(caught, RateLimited)
    assert caught.retry_at
    assert 5 < (caught.retry_at - datetime.now(UTC)).total_seconds() <= 7


async def test_a_429_without_a_time_says_none(fake: FakeLinear) -> None:
    caught = await failure(fake, Fault.BARE_429)
    assert isinstance(caught, RateLimited)
    assert caught.retry_at is None


async def test_a_redirect_never_gets_the_key(fake: FakeLinear) -> None:
    caught = await failure(fake, Fault.REDIRECT)
    assert "Check LINEAR_API_URL" in str(caught)
    assert [request.path for request in fake.requests] == ["/graphql"]


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.SLOW_DRIP])
async def test_an_answer_that_does_not_end_is_given_up_at_the_deadline(fake: FakeLinear, fault: Fault) -> None:
    started = time.monotonic()
    caught = await failure(fake, fault, deadline_s=0.3)
    assert isinstance(caught, LinearUnavailable)
    assert "within 0.3 s" in str(caught)
    assert time.monotonic() - started < 5


async def test_a_gzip_bomb_is_refused_while_it_unfolds(fake: FakeLinear) -> None:
    tracemalloc.start()
    try:
        caught = await failure(fake, Fault.GZIP_BOMB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(caught, TooComplex)
    assert peak < 32 * 2**20


async def test_an_unknown_host_is_said_in_plain_words() -> None:
    with pytest.raises(LinearUnavailable, match="can't be found") as caught:
        async with open_client("http://linear.invalid/graphql", "lin_api_1", retries=ONCE) as client:
            await client.execute(VIEWER, {})
    assert "linear.invalid" not in str(caught.value)


@pytest.mark.parametrize("url", ["linear", "ftp://127.0.0.1/", "http://127.0.0.1:port/"])
async def test_an_address_that_is_none_is_said_in_plain_words(url: str) -> None:
    with pytest.raises(LinearUnavailable, match="Check LINEAR_API_URL"):
        async with open_client(url, "lin_api_1", retries=ONCE) as client:
            await client.execute(VIEWER, {})


async def test_a_closed_port_is_said_in_plain_words(fake: FakeLinear) -> None:
    with run_linear() as other:
        closed = other.url
    with pytest.raises(LinearUnavailable, match="can't be reached"):
        async with open_client(closed, fake.key, retries=ONCE) as client:
            await client.execute(VIEWER, {})


@pytest.fixture
def nobodys_certificate(tmp_path: Path) -> ssl.SSLContext:
    """Return what a server needs to show a certificate that no authority signed."""
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl command to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", *words.split(), *names], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls


async def test_a_certificate_that_nobody_vouches_for_gets_nothing(nobodys_certificate: ssl.SSLContext) -> None:
    with run_linear(tls=nobodys_certificate) as fake, pytest.raises(LinearUnavailable, match="prove its identity"):
        await asked(fake)
    assert not fake.requests


async def test_passing_faults_are_asked_again(fake: FakeLinear) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    fake.fail_next(Fault.BAD_GATEWAY)
    fake.fail_next(Fault.DISCONNECT)
    fake.fail_next(Fault.BARE_429)
    retries = Retries(sleep=sleep, random=lambda: 0)
    assert await asked(fake, retries=retries) == {"viewer": {"name": "Alice Ashby"}}
    assert waits == [1, 2, 4]


@pytest.mark.parametrize("fault", [Fault.AUTHENTICATION, Fault.FORBIDDEN, Fault.VALIDATION_FAILED])
async def test_a_lasting_fault_is_not_asked_again(fake: FakeLinear, fault: Fault) -> None:
    await failure(fake, fault, retries=Retries(first_wait_s=0))
    assert len(fake.requests) == 1


async def test_the_client_knows_its_budget_and_what_it_spent(fake: FakeLinear) -> None:
    async with open_client(fake.url, fake.key) as client:
        await client.execute(VIEWER, {})
        await client.execute(VIEWER, {})
        assert (client.requests_sent, client.points_spent) == (2, 4)
        assert (client.budget.requests_limit, client.budget.requests_remaining) == (2_500, 2_498)
        assert (client.budget.complexity_limit, client.budget.complexity_remaining) == (3_000_000, 2_999_996)


async def test_an_answer_without_rate_headers_leaves_the_budget_as_it_was(fake: FakeLinear) -> None:
    fake.fail_next(Fault.BAD_GATEWAY, after=1)
    async with open_client(fake.url, fake.key, retries=ONCE) as client:
        await client.execute(VIEWER, {})
        with pytest.raises(LinearUnavailable):
            await client.execute(VIEWER, {})
        assert client.budget.requests_remaining == 2_499


async def test_the_log_names_the_operation_and_its_cost_but_no_variables_and_no_key(fake: FakeLinear) -> None:
    query = "query Named($filter: IssueFilter) { issues(filter: $filter) { nodes { id } } }"
    with capture_logs() as logged:
        async with open_client(fake.url, fake.key) as client:
            await client.execute(query, {"filter": {"updatedAt": {"gte": "2026-05-13T00:00:00Z"}}})
    [event] = logged
    assert event.items() >= {"operation": "Named", "status": 200, "points": 56, "log_level": "debug"}.items()
    assert "duration_ms" in event
    assert fake.key not in str(logged)
    assert "2026-05-13" not in str(logged)


async def test_the_client_knows_what_time_it_is_for_linear(fake: FakeLinear) -> None:
    async with open_client(fake.url, fake.key) as client:
        assert client.last_date is None
        await client.execute(VIEWER, {})
        assert client.last_date == fake.world.now.replace(microsecond=0)
        fake.sends_date = False
        await client.execute(VIEWER, {})
        assert client.last_date is None


class Waits:
    """Remember how long was waited, without waiting."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


async def test_the_last_tenth_of_a_budget_is_spread_until_its_reset(fake: FakeLinear) -> None:
    fake.requests_limit, fake.reset_in_s = 22, 40
    slept = Waits()
    with capture_logs() as logged:
        async with open_client(fake.url, fake.key, retries=Retries(sleep=slept.sleep)) as client:
            for _ in range(21):
                await client.execute(VIEWER, {})
            assert slept.waits == [pytest.approx(20, abs=1)]
            fake.requests_limit = 1_000
            await client.execute(VIEWER, {})
            await client.execute(VIEWER, {})
    assert [line["event"] for line in logged if line["log_level"] == "info"] == [
        "linear.slowed_down",
        "linear.at_full_speed",
    ]


async def test_no_pause_is_longer_than_the_longest_wait(fake: FakeLinear) -> None:
    fake.requests_limit, fake.reset_in_s = 11, 3_600
    slept = Waits()
    async with open_client(fake.url, fake.key, retries=Retries(sleep=slept.sleep)) as client:
        for _ in range(11):
            await client.execute(VIEWER, {})
    assert slept.waits == [60]


async def test_a_used_up_budget_says_until_when_without_asking_again(fake: FakeLinear) -> None:
    fake.requests_limit = 1
    async with open_client(fake.url, fake.key) as client:
        await client.execute(VIEWER, {})
        with pytest.raises(RateLimited) as caught:
            await client.execute(VIEWER, {})
        assert caught.value.retry_at == client.budget.requests_reset_at
    assert len(fake.requests) == 1


async def test_a_used_up_budget_that_is_back_soon_is_waited_for(fake: FakeLinear) -> None:
    fake.requests_limit, fake.reset_in_s = 1, 30
    slept = Waits()
    async with open_client(fake.url, fake.key, retries=Retries(sleep=slept.sleep)) as client:
        await client.execute(VIEWER, {})
        await client.execute(VIEWER, {})
    assert slept.waits == [pytest.approx(30, abs=1)]


async def test_a_pause_ends_with_the_reset(fake: FakeLinear) -> None:
    fake.requests_limit, fake.reset_in_s = 1, -1
    slept = Waits()
    async with open_client(fake.url, fake.key, retries=Retries(sleep=slept.sleep)) as client:
        await client.execute(VIEWER, {})
        await client.execute(VIEWER, {})
    assert slept.waits == []


async def test_settings_without_a_key_or_an_application_say_what_to_set() -> None:
    with pytest.raises(ConfigurationInvalid, match="LINEAR_API_KEY") as caught:
        async with open_configured_client(Settings()):
            pass
    assert "LINEAR_OAUTH_CLIENT_ID" in str(caught.value)


async def test_settings_with_a_key_connect_by_it(fake: FakeLinear) -> None:
    async with open_configured_client(Settings(linear_api_url=fake.url, linear_api_key=Secret(fake.key))) as client:
        await client.execute(VIEWER, {})
    assert fake.requests[0].headers["authorization"] == fake.key
