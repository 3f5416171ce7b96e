"""What becomes of aiosmtplib's errors: plain words without a name in them, and whether trying again may help."""

import socket
import ssl

import pytest
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPConnectTimeoutError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPReadTimeoutError,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from shareable_backlog.mail import faults

SAID = "mail.example.com does not like mallory@example.com, nor hunter2"


def recipients(*codes: int) -> SMTPRecipientsRefused:
    return SMTPRecipientsRefused([SMTPRecipientRefused(code, SAID, "mallory@example.com") for code in codes])


def caused_by(cause: BaseException) -> SMTPConnectError:
    """Return what aiosmtplib raises when it could not connect."""
    error = SMTPConnectError(SAID)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (recipients(550), "The mail server does not accept mail for this recipient (550)."),
        (recipients(552, 450), "The mail server does not accept mail for this recipient (552)."),
        (SMTPDataError(554, SAID), "The mail server did not accept the mail (554)."),
        (SMTPDataError(500, SAID), "The mail server did not accept the mail (500)."),
        (SMTPNotSupported(SAID), "The mail server does not support addresses with letters like the recipient's."),
    ],
)
def test_a_refusal_for_good_of_the_recipient_or_the_mail_is_final(error: Exception, words: str) -> None:
    fault = faults.translate_error(error)
    assert (str(fault), fault.is_final) == (words, True)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (recipients(450), "The mail server does not accept mail for this recipient (450)."),
        (SMTPDataError(499, SAID), "The mail server did not accept the mail (499)."),
        (
            SMTPAuthenticationError(535, SAID),
            "The mail server did not accept the user and password of SMTP_URL (535).",
        ),
        (
            SMTPSenderRefused(550, SAID, "backlog@example.com"),
            "The mail server did not accept MAIL_FROM as the sender (550).",
        ),
        (SMTPHeloError(502, SAID), "The mail server answered with an error (502)."),
        (SMTPResponseException(554, SAID), "The mail server answered with an error (554)."),
        (SMTPServerDisconnected(SAID), "The mail server dropped the connection."),
        (EOFError(SAID), "The mail server dropped the connection."),
        (ConnectionResetError(SAID), "The mail server can't be reached."),
        (SMTPReadTimeoutError(SAID), "The mail server did not answer in time."),
        (SMTPConnectTimeoutError(SAID), "The mail server did not answer in time."),
        (TimeoutError(SAID), "The mail server did not answer in time."),
        (SMTPException(SAID), "The mail server does not accept a user and password, but SMTP_URL has them."),
    ],
)
def test_what_the_operator_or_time_can_mend_is_not_final(error: Exception, words: str) -> None:
    fault = faults.translate_error(error)
    assert (str(fault), fault.is_final) == (words, False)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (ConnectionRefusedError(SAID), "The mail server can't be reached."),
        (socket.gaierror(SAID), "The mail server's host name in SMTP_URL can't be found."),
        (TimeoutError(SAID), "The mail server did not answer in time."),
        (ssl.SSLCertVerificationError(SAID), "The mail server could not prove its identity (TLS certificate)."),
        (
            ssl.SSLError(SAID),
            "The mail server does not use TLS the way SMTP_URL says (smtps:// or smtp://).",
        ),
    ],
)
def test_a_connection_that_was_not_made_is_told_by_its_cause(cause: OSError, words: str) -> None:
    fault = faults.translate_error(caused_by(cause))
    assert (str(fault), fault.is_final) == (words, False)


def test_a_cause_that_is_no_fault_of_the_network_tells_nothing() -> None:
    assert str(faults.translate_error(caused_by(KeyError(SAID)))) == str(
        faults.translate_error(SMTPConnectError(SAID))
    )
