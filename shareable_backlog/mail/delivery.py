"""Hand a mail over to the operator's mail server."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from urllib.parse import SplitResult, unquote, urlsplit

from aiosmtplib import SMTP, SMTPException

from shareable_backlog.config import Settings
from shareable_backlog.config.values import is_loopback
from shareable_backlog.errors import MailFailed
from shareable_backlog.mail import faults
from shareable_backlog.mail.message import MailMessage, build_mail, parse_address

_DEADLINE_S = 20.0
_GOODBYE_S = 1.0
_TLS_PORT, _SUBMISSION_PORT, _RELAY_PORT = 465, 587, 25


async def send_message(settings: Settings, message: MailMessage) -> None:
    """Hand the mail over to the server of SMTP_URL, which must be set, within 20 seconds.

    smtps:// speaks TLS from the start; smtp:// turns to it where the server offers that, and sends a password in
    plain text to this machine alone. The server's certificate must be good (SSL_CERT_FILE names other authorities
    than the system's). Raises MailFailed; the server may have taken the mail all the same, if its answer was lost.
    """
    assert settings.mail_from is not None  # noqa: S101 (the configuration demands it with the other)
    mail = build_mail(message, settings.mail_from)
    async with _open_session(settings) as client:
        await client.send_message(mail)


async def check_server(settings: Settings) -> None:
    """Connect to the server of SMTP_URL, which must be set, and sign in as `send_message` does; send nothing.

    Raises MailFailed.
    """
    async with _open_session(settings):
        pass


@contextlib.asynccontextmanager
async def _open_session(settings: Settings) -> AsyncGenerator[SMTP]:
    """Yield a session for at most 20 seconds in all, and say good-bye. Raises MailFailed for whatever goes wrong."""
    assert settings.smtp_url is not None  # noqa: S101 (without it nothing is to be sent)
    assert settings.mail_from is not None  # noqa: S101 (the configuration demands it with the other)
    server = urlsplit(settings.smtp_url.reveal())
    client = SMTP(
        hostname=server.hostname,
        port=server.port or _choose_port(server),
        use_tls=server.scheme == "smtps",
        local_hostname=parse_address(settings.mail_from).domain,
        timeout=_DEADLINE_S,
    )
    try:
        async with asyncio.timeout(_DEADLINE_S):
            await _sign_in(client, server)
            yield client
        with contextlib.suppress(SMTPException):  # the mail is theirs, whatever comes of the goodbye
            await client.quit(timeout=_GOODBYE_S)
    except MailFailed:
        raise
    except (SMTPException, OSError) as error:
        raise faults.translate_error(error) from None
    finally:
        client.close()


async def _sign_in(client: SMTP, server: SplitResult) -> None:
    await client.connect()
    if server.username:
        is_open = client.get_transport_info("sslcontext") is None
        if is_open and server.password and not is_loopback(server.hostname or ""):
            raise MailFailed(
                "The mail server does not offer TLS, without which the password of SMTP_URL is not sent."
            )
        await client.login(unquote(server.username), unquote(server.password or ""))


def _choose_port(server: SplitResult) -> int:
    if server.scheme == "smtps":
        return _TLS_PORT
    return _SUBMISSION_PORT if server.username else _RELAY_PORT
