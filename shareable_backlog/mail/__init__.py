"""Send mails by the operator's mail server; knows neither the database nor what the mails are for."""

from shareable_backlog.mail.delivery import send
from shareable_backlog.mail.message import Message

__all__ = ["Message", "send"]
