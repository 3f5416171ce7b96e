"""What `slb doctor` says of the identity provider and the mail server."""

import pytest

from shareable_backlog.cli.doctor import sign_in
from shareable_backlog.config import parse_settings
from tests.fakes import oidc, smtp

pytestmark = pytest.mark.anyio

MAIL = {"MAIL_FROM": "backlog@example.com", "BASE_URL": "https://backlog.example.com"}
OIDC = {"OIDC_CLIENT_ID": "backlog", "OIDC_CLIENT_SECRET": "open-sesame", "BASE_URL": "https://backlog.example.com"}


async def test_what_is_not_set_up_is_not_asked() -> None:
    settings = parse_settings({})
    for found in (await sign_in.check_oidc(settings), await sign_in.check_mail(settings)):
        assert (found.status, found.fix) == ("ok", None)


async def test_a_mail_server_is_greeted_and_gets_no_mail() -> None:
    async with smtp.run_mail_server() as server:
        found = await sign_in.check_mail(parse_settings({**MAIL, "SMTP_URL": f"smtp://127.0.0.1:{server.port}"}))
    assert (found.status, found.what) == ("ok", "the mail server lets this program in")
    assert server.envelopes == []


async def test_a_mail_server_that_is_away_fails() -> None:
    found = await sign_in.check_mail(parse_settings({**MAIL, "SMTP_URL": "smtp://127.0.0.1:1"}))
    assert (found.status, "SMTP_URL" in (found.fix or "")) == ("fail", True)


async def test_a_provider_that_tells_all_that_a_sign_in_needs_is_well() -> None:
    with oidc.run_provider() as provider:
        assert (await sign_in.check_oidc(parse_settings({**OIDC, "OIDC_ISSUER": provider.url}))).status == "ok"


async def test_a_provider_that_is_away_fails() -> None:
    found = await sign_in.check_oidc(parse_settings({**OIDC, "OIDC_ISSUER": "http://127.0.0.1:1"}))
    assert (found.status, "OIDC_ISSUER" in (found.fix or "")) == ("fail", True)
    assert "open-sesame" not in f"{found}"
