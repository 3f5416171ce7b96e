"""Give the tests of this folder a provider, and the product's own view of it."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from shareable_backlog import oidc
from shareable_backlog.oidc import Identity, Provider
from tests.fakes import oidc as fake_oidc

REDIRECT_URI = "https://backlog.example.com/sign-in/oidc/callback"


@dataclass(frozen=True, slots=True)
class Relying:
    """The product's side; `fake` is the provider that it asks."""

    provider: Provider
    fake: fake_oidc.Provider

    async def signed_in(self, **changed: str | None) -> Identity:
        """Go the whole way as one person, with some of what comes back changed."""
        begun = await self.provider.start_sign_in()
        back = parse_qs(urlsplit(self.fake.consent(begun.url)).query)
        given = {"code": back["code"][0], "nonce": begun.nonce, "verifier": begun.verifier, "issuer": back["iss"][0]}
        return await self.provider.redeem_code(**(given | changed))  # pyright: ignore[reportArgumentType] (only issuer may be None)


@pytest.fixture
def fake() -> Generator[fake_oidc.Provider]:
    with fake_oidc.run_provider() as provider:
        provider.claims |= {"email": "carol@example.com", "name": "Carol"}
        yield provider


@pytest.fixture(scope="session")
async def http() -> AsyncGenerator[httpx2.AsyncClient]:
    """Yield the client that all tests share, as it takes long to make one."""
    async with oidc.open_client() as http:
        yield http


def build_relying(http: httpx2.AsyncClient, fake: fake_oidc.Provider, **changed: Any) -> Relying:
    """Return the product's side, with some of what it is to the provider changed."""
    known: dict[str, Any] = {
        "issuer": fake.url,
        "client_id": fake.client_id,
        "client_secret": fake.client_secret,
        "redirect_uri": REDIRECT_URI,
    }
    return Relying(Provider(http, oidc.OidcClient(**known | changed)), fake)


@pytest.fixture
def relying(http: httpx2.AsyncClient, fake: fake_oidc.Provider) -> Relying:
    return build_relying(http, fake)
