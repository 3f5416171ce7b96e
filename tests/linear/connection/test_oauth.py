import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import pytest
from structlog.testing import capture_logs

from shareable_backlog.config import Secret, Settings
from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.connection import transport
from shareable_backlog.linear.connection.client import open_client, open_configured_client
from shareable_backlog.linear.connection.oauth import Application, ClientRefused, TokenSource
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.errors import AuthenticationFailed, LinearUnavailable, RateLimited
from tests.fakes.linear import FakeLinear, Fault

pytestmark = pytest.mark.anyio

VIEWER = "query Viewer { viewer { name } }"
ONCE = Retries(attempts=1)
MONTH_S = 30 * 24 * 3_600


class Clock:
    """Stand still until told otherwise."""

    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def application(fake: FakeLinear) -> Application:
    """Return an application that the fake knows."""
    return Application(fake.token_url, fake.client_id, fake.client_secret)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tokens(application: Application, clock: Clock) -> AsyncIterator[TokenSource]:
    async with transport.open_http() as http:
        yield TokenSource(http, application, 5, clock)


async def failure(fake: FakeLinear, application: Application, fault: Fault) -> LinearFailed:
    fake.fail_next(fault)
    with pytest.raises(LinearFailed) as caught:
        async with open_client(fake.url, application, retries=ONCE, deadline_s=0.5) as client:
            await client.execute(VIEWER, {})
    return caught.value


async def test_an_application_asks_with_a_token_that_can_only_read(
    fake: FakeLinear, application: Application
) -> None:
    async with open_client(fake.url, application) as client:
        await client.execute(VIEWER, {})
    for_token, for_data = fake.requests
    assert parse_qs(for_token.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["read,initiative:read"],
        "client_id": [fake.client_id],
        "client_secret": [fake.client_secret],
    }
    assert for_data.headers["authorization"].startswith("Bearer ")


async def test_the_secret_goes_to_the_token_address_alone(fake: FakeLinear, application: Application) -> None:
    with capture_logs() as logged:
        async with open_client(fake.url, application) as client:
            await client.execute(VIEWER, {})
    _, for_data = fake.requests
    assert fake.client_secret not in f"{for_data.headers} {for_data.body!r} {logged} {application!r}"
    assert for_data.headers["authorization"].removeprefix("Bearer ") not in str(logged)


async def test_settings_with_an_application_connect_by_it(fake: FakeLinear) -> None:
    settings = Settings(
        linear_api_url=fake.url,
        linear_oauth_token_url=fake.token_url,
        linear_oauth_client_id=fake.client_id,
        linear_oauth_client_secret=Secret(fake.client_secret),
    )
    async with open_configured_client(settings) as client:
        await client.execute(VIEWER, {})
    assert fake.token_requests == 1


async def test_one_token_serves_many_clients(fake: FakeLinear, application: Application) -> None:
    for _ in range(3):
        async with open_client(fake.url, application) as client:
            await client.execute(VIEWER, {})
    assert fake.token_requests == 1


async def test_requests_at_the_same_time_share_one_renewal(fake: FakeLinear, application: Application) -> None:
    async with open_client(fake.url, application) as client:
        await asyncio.gather(*(client.execute(VIEWER, {}) for _ in range(4)))
        fake.revoke_tokens()
        await asyncio.gather(*(client.execute(VIEWER, {}) for _ in range(4)))
    assert fake.token_requests == 2


@pytest.mark.parametrize(("lasts_s", "still_good_s"), [(MONTH_S, MONTH_S * 0.9), (300, 240)])
async def test_a_token_is_renewed_before_it_ends(
    fake: FakeLinear, tokens: TokenSource, clock: Clock, lasts_s: int, still_good_s: float
) -> None:
    fake.expires_in = lasts_s
    first = await tokens.authorize(())
    clock.now_s += still_good_s - 1
    assert await tokens.authorize(()) == first
    clock.now_s += 1
    assert await tokens.authorize(()) != first


async def test_a_token_serves_until_its_end_when_it_can_not_be_renewed(
    fake: FakeLinear, tokens: TokenSource, clock: Clock
) -> None:
    fake.expires_in = 300
    first = await tokens.authorize(())
    fake.fail_next(Fault.BAD_GATEWAY, times=2)
    clock.now_s += 240
    assert await tokens.authorize(()) == first
    assert await tokens.authorize(()) == first
    assert fake.token_requests == 2, "asked again within the minute"
    clock.now_s += 60
    with pytest.raises(LinearUnavailable):
        await tokens.authorize(())
    assert await tokens.authorize(()) != first


async def test_a_revoked_token_is_replaced_and_the_question_asked_once_more(
    fake: FakeLinear, application: Application
) -> None:
    async with open_client(fake.url, application) as client:
        await client.execute(VIEWER, {})
        fake.revoke_tokens()
        assert await client.execute(VIEWER, {})
    assert fake.token_requests == 2


async def test_a_new_token_that_is_refused_too_is_the_end(fake: FakeLinear, application: Application) -> None:
    for after in (1, 1):
        fake.fail_next(Fault.AUTHENTICATION, after=after)
    async with open_client(fake.url, application) as client:
        with pytest.raises(ClientRefused, match="LINEAR_OAUTH_CLIENT_SECRET"):
            await client.execute(VIEWER, {})
    assert fake.token_requests == 2
    assert len(fake.requests) == 4


async def test_a_wrong_secret_is_an_authentication_failure_that_names_it(fake: FakeLinear) -> None:
    wrong = Application(fake.token_url, fake.client_id, "a-secret-of-long-ago")
    with capture_logs() as logged, pytest.raises(AuthenticationFailed, match="LINEAR_OAUTH_CLIENT_SECRET") as caught:
        async with open_client(fake.url, wrong) as client:
            await client.execute(VIEWER, {})
    assert fake.token_requests == len(fake.requests) == 1
    assert "a-secret-of-long-ago" not in f"{caught.value} {logged}"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.BAD_GATEWAY, LinearUnavailable),
        (Fault.EMPTY, LinearUnavailable),
        (Fault.TRUNCATED_JSON, LinearUnavailable),
        (Fault.DISCONNECT, LinearUnavailable),
        (Fault.SILENCE, LinearUnavailable),
        (Fault.GZIP_BOMB, LinearUnavailable),
        (Fault.PLAIN_429, RateLimited),
        (Fault.AUTHENTICATION, ClientRefused),
    ],
)
async def test_each_fault_of_the_token_address_has_its_error_without_secret_or_address(
    fake: FakeLinear, application: Application, fault: Fault, error: type[LinearFailed]
) -> None:
    caught = await failure(fake, application, fault)
    assert type(caught) is error
    assert "127.0.0.1" not in str(caught)
    assert fake.client_secret not in str(caught)


async def test_a_redirect_of_the_token_address_never_gets_the_secret(
    fake: FakeLinear, application: Application
) -> None:
    caught = await failure(fake, application, Fault.REDIRECT)
    assert "LINEAR_OAUTH_TOKEN_URL" in str(caught)
    assert fake.token_requests == len(fake.requests) == 1


async def test_a_passing_fault_of_the_token_address_is_asked_again(
    fake: FakeLinear, application: Application
) -> None:
    fake.fail_next(Fault.BAD_GATEWAY, times=2)
    async with open_client(fake.url, application, retries=Retries(first_wait_s=0)) as client:
        assert await client.execute(VIEWER, {})
    assert fake.token_requests == 3


async def test_a_token_address_that_is_none_is_said_in_plain_words(fake: FakeLinear) -> None:
    with pytest.raises(LinearUnavailable, match="Check LINEAR_OAUTH_TOKEN_URL"):
        async with open_client(fake.url, Application("http://linear.invalid/", "a", "b"), retries=ONCE) as client:
            await client.execute(VIEWER, {})
    assert not fake.requests
