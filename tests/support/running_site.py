"""Run the whole program in this process over a database of its own, and ask it as one persona or another."""

import contextlib
import html
import re
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus, urlencode

from httpx2 import Response
from starlette.testclient import TestClient

from shareable_backlog import app
from shareable_backlog.config import parse_settings
from shareable_backlog.config.values import parse_origin
from tests.conftest import as_url
from tests.support import leaks
from tests.support.database import lending, program_role
from tests.support.signed_in import SECRET_KEY, cookies, csrf

ADDRESS = "http://localhost:8000"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Site:
    """The running program; `conninfo` leads to its database."""

    client: TestClient
    conninfo: str
    base_url: str

    def ask(
        self,
        method: str,
        path: str,
        persona: str | None = None,
        *,
        data: Mapping[str, Any] | None = None,
        browser: Mapping[str, str] | None = None,
        **headers: str,
    ) -> Response:
        """Send one request as `persona` (None: nobody) with no other cookies than hers and those of `browser`."""
        sent = (cookies(persona, base_url=self.base_url) if persona else {}) | dict(browser or {})
        if sent:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in sent.items())
        content = None if data is None else urlencode(data, doseq=True)
        if content is not None:
            headers.setdefault("content-type", _FORM)
        self.client.cookies.clear()
        answer = self.client.request(method, path, content=content, headers=headers, follow_redirects=False)
        leaks.hunt_answer(method, path, unquote_plus(content or ""), answer)
        return answer

    def get(self, path: str, persona: str | None = None, **headers: Any) -> Response:
        """Ask for a page."""
        return self.ask("GET", path, persona, **headers)

    def post(self, path: str, persona: str, **fields: Any) -> Response:
        """Post a form from a page of the site."""
        return self.ask(
            "POST", path, persona, data={"csrf": csrf(persona), **fields}, origin=parse_origin(self.base_url)
        )

    def query(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """Look into its database behind its back."""
        with lending.write_to(self.conninfo) as connection:
            cursor = connection.execute(sql.encode(), params or None)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def run_site(
    conninfo: str,
    settings: Mapping[str, str] | None = None,
    *,
    base_url: str = ADDRESS,
    peer: str = "127.0.0.1",
    raises: bool = True,
    is_dev: bool = False,
) -> Generator[Site]:
    """Yield the program over the migrated database `conninfo`; requests come from `peer`.

    With `raises=False` an error nobody foresaw becomes the page that people get.
    """
    with tempfile.TemporaryDirectory() as folder:
        url = as_url(program_role.use_role(conninfo))
        given = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "SLB_DATA_DIR": folder, **(settings or {})}
        if base_url != ADDRESS:
            given["BASE_URL"] = base_url
        leaks.mark_settings(given)
        program = app.create_app(parse_settings(given), default_url=base_url, is_dev=is_dev)
        with TestClient(program, base_url=base_url, client=(peer, 4321), raise_server_exceptions=raises) as client:
            yield Site(client, conninfo, base_url)


def find_links(answer: Response, start: str) -> list[str]:
    """Return the addresses on a page that begin so, each once."""
    found = re.findall(rf'href="({re.escape(html.escape(start))}[^"]*)"', answer.text)
    return [html.unescape(one) for one in dict.fromkeys(found)]
