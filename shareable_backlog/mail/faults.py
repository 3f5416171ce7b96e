"""Say in plain words why a mail server did not take a mail, without anything that it or the settings name."""

import socket
import ssl

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from shareable_backlog.errors import MailFailed

_FINAL = 500  # what begins with 5 is said to be so for good, what begins with 4 to pass


def translate_error(error: Exception) -> MailFailed:
    """Return the fault for what aiosmtplib raised.

    Final is only a 5xx about the recipient or the mail itself. With any other fault, a refused password among them,
    the operator can set things right while the mail waits.
    """
    is_final = False
    match error:
        case SMTPRecipientsRefused(recipients=[SMTPRecipientRefused(code=code), *_]):
            words, is_final = f"The mail server does not accept mail for this recipient ({code}).", code >= _FINAL
        case SMTPDataError(code=code):
            words, is_final = f"The mail server did not accept the mail ({code}).", code >= _FINAL
        case SMTPNotSupported():
            words, is_final = "The mail server does not support addresses with letters like the recipient's.", True
        case SMTPAuthenticationError(code=code):
            words = f"The mail server did not accept the user and password of SMTP_URL ({code})."
        case SMTPSenderRefused(code=code):
            words = f"The mail server did not accept MAIL_FROM as the sender ({code})."
        case SMTPResponseException(code=code):
            words = f"The mail server answered with an error ({code})."
        case _:
            words = _describe_connection_error(error.__cause__ if isinstance(error.__cause__, OSError) else error)
    return MailFailed(words, is_final=is_final)


def _describe_connection_error(error: BaseException) -> str:
    match error:
        case TimeoutError():
            words = "The mail server did not answer in time."
        case ssl.SSLCertVerificationError():
            words = "The mail server could not prove its identity (TLS certificate)."
        case ssl.SSLError():
            words = "The mail server does not use TLS the way SMTP_URL says (smtps:// or smtp://)."
        case socket.gaierror():
            words = "The mail server's host name in SMTP_URL can't be found."
        case SMTPServerDisconnected() | EOFError():
            words = "The mail server dropped the connection."
        case OSError():
            words = "The mail server can't be reached."
        case _:
            words = "The mail server does not accept a user and password, but SMTP_URL has them."
    return words
