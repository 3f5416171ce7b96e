"""Whom to tell of a weakness."""

import re
from datetime import UTC, datetime, timedelta

from tests.support import running_site


def test_without_the_setting_nothing_is_there(database: str) -> None:
    with running_site.run_site(database) as site:
        assert site.get("/.well-known/security.txt").status_code == 404


def test_it_names_whom_the_operator_named_to_anybody(database: str) -> None:
    settings = {
        "SECURITY_CONTACTS": "security@example.com, https://example.com/security",
        "BASE_URL": "https://backlog.example.com",
    }
    with running_site.run_site(database, settings, peer="203.0.113.9") as site:
        answer = site.get("/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = answer.text.splitlines()
    assert lines[:2] == ["Contact: mailto:security@example.com", "Contact: https://example.com/security"]
    assert "Canonical: https://backlog.example.com/.well-known/security.txt" in lines
    [expires] = re.findall(r"^Expires: (.+)$", answer.text, re.MULTILINE)
    left = datetime.fromisoformat(expires) - datetime.now(UTC)
    assert timedelta(days=170) < left < timedelta(days=365)
