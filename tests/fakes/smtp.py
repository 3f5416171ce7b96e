"""Be a mail server on a loopback port: it keeps what it is sent, or fails in the ways that mail servers do."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support import leaks

USER, PASSWORD = "postmaster", leaks.mark("p@ss/word of mail")


@dataclass
class MailServer:
    """What stands behind `port`; what it answers can be changed at any time."""

    port: int = 0
    received: list[EmailMessage] = field(default_factory=list[EmailMessage])
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list[tuple[str, list[str]]])
    """The sender and the recipients of each mail, as the server was told them."""
    was_encrypted: list[bool] = field(default_factory=list[bool])
    logins: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    on_sender: str = "250 OK"
    on_recipient: str = "250 OK"
    on_data: str = "250 OK"
    """An answer; empty to break off without one."""
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, nobody learns what becomes of a mail."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Is set once a mail was sent, whatever became of it."""

    def __post_init__(self) -> None:
        self.answering.set()

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to the sender."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.on_sender

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer to a recipient."""
        if self.on_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.on_recipient

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (the same)
        """Keep a mail, or don't."""
        self.asked.set()
        await self.answering.wait()
        if not self.on_data:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if self.on_data.startswith("2"):
            assert isinstance(envelope.content, bytes)
            assert server.transport
            text = envelope.content.replace(b"\r\n", b"\n")
            self.received.append(message_from_bytes(text, policy=policy.default))
            self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
            self.was_encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.on_data

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        """Let in who knows the password."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.logins[-1] == (USER, PASSWORD), handled=False)


@asynccontextmanager
async def run_mail_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, takes_logins: bool = False
) -> AsyncGenerator[MailServer]:
    """Run a mail server: plain, offering STARTTLS, or speaking TLS from the start."""
    mails = MailServer()
    loop = asyncio.get_running_loop()
    connections: list[SMTP] = []

    def connected() -> SMTP:
        hidden = [] if takes_logins else ["LOGIN", "PLAIN"]
        connections.append(
            SMTP(
                mails, hostname="mail.example.com", tls_context=starttls, auth_require_tls=False, loop=loop,
                authenticator=mails.authenticate, auth_exclude_mechanism=hidden,
            )
        )  # fmt: skip
        return connections[-1]

    server = await loop.create_server(connected, "127.0.0.1", 0, ssl=tls)
    mails.port = server.sockets[0].getsockname()[1]
    try:
        yield mails
    finally:
        server.close()
        for one in connections:
            for transport in (one.transport, one._original_transport):  # pyright: ignore[reportPrivateUsage] (below TLS)
                if isinstance(transport, asyncio.WriteTransport):
                    transport.abort()
        tasks = [one._handler_coroutine for one in connections if one._handler_coroutine]  # pyright: ignore[reportPrivateUsage] (to end it)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
    for mail in mails.received:
        leaks.hunt_mail(f"{mail['Subject']}\n{mail.get_content()}")


@asynccontextmanager
async def silent() -> AsyncGenerator[int]:
    """Yield the port of a server that takes connections and never says a word."""
    held: list[asyncio.StreamWriter] = []

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in held:
            writer.transport.abort()
        await server.wait_closed()


def make_certificate(folder: Path, host: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """Make a certificate that signs itself; give a server's TLS with it, and the file for those who trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, own = folder / "trusted.pem", folder / "own.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    own.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + trusted.read_bytes()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return context, trusted
