"""What search engines are told: nothing here is theirs."""

from urllib.robotparser import RobotFileParser

import pytest

from tests.support import running_site


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_robots_may_fetch_nothing_and_learn_it_without_a_sign_in(database: str, method: str) -> None:
    with running_site.run_site(database, peer="203.0.113.9") as site:
        answer = site.ask(method, "/robots.txt")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["x-robots-tag"] == "noindex"
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    assert [rules.can_fetch("Googlebot", path) for path in ("/", "/items/FLD-1", "/static/app.js")] == [
        method == "HEAD"  # which has no rules in it
    ] * 3
