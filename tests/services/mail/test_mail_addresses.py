"""Every address in every mail leads below BASE_URL, which may have a path."""

import inspect
import re
from typing import Any

import pytest

from shareable_backlog.mail import MailMessage
from shareable_backlog.services.mail import mails, notice_mails

WRITERS = {name: one for name, one in (vars(mails) | vars(notice_mails)).items() if name.startswith("write_")}


def write(name: str, base_url: str) -> MailMessage:
    """Write a mail of that kind, each word of which is a word."""
    given: dict[str, Any] = {"to": "carol@example.com", "base_url": base_url, "link": f"{base_url}/sign-in/link/a"}
    parameters = inspect.signature(WRITERS[name], eval_str=True).parameters
    words = {key: ["word"] if "Sequence" in str(one.annotation) else "word" for key, one in parameters.items()}
    words |= {key: value for key, value in given.items() if key in parameters}
    positional = [words.pop(key) for key, one in parameters.items() if one.kind is not one.KEYWORD_ONLY]
    return WRITERS[name](*positional, **words)


@pytest.mark.parametrize("base_url", ["https://backlog.example.com", "https://example.com/apps/backlog"])
@pytest.mark.parametrize("name", WRITERS)
def test_every_address_in_a_mail_is_below_the_base_url(name: str, base_url: str) -> None:
    text = write(name, base_url).text
    addresses = re.findall(r"https?://\S+", text)
    assert addresses, text
    assert all(re.fullmatch(rf"{base_url}(?:[.,:]?|(?:/[^/\s]+)*/?)", address) for address in addresses), text
