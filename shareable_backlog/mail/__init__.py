"""Send mails by the operator's mail server; knows neither the database nor what the mails are for."""

from shareable_backlog.mail.delivery import check_server, send_message
from shareable_backlog.mail.message import MailMessage

__all__ = ["MailMessage", "check_server", "send_message"]
