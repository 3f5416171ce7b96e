"""Ask a served site as one persona or another, and write each answer into a file of its own."""

import hashlib
import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit

_NOT_COMPARED = frozenset(("date", "content-length", "server", "connection", "transfer-encoding"))
_LONGEST_NAME = 90
# What is another one at each run, or with each change of a style sheet.
_PLACEHOLDERS = (
    (re.compile(r"\?v=[0-9a-f]{12}"), "?v=HASH"),
    (re.compile(r'^etag: (W/)?"[0-9a-f]+"', re.MULTILINE), r'etag: \1"TAG"'),
    (re.compile(r"^(set-cookie: [\w-]+)=[^;]{20,}", re.MULTILINE), r"\1=VALUE"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HEX64"),
    (re.compile(r"\bslb_[\w-]{43}\b"), "slb_TOKEN"),
    (re.compile(r'"latencyMs":[\d.]+'), '"latencyMs":N'),
    (re.compile(r'("incident":"|Request number: <code>)[0-9a-f]{16}'), r"\1REQUEST"),
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it was written, and what leads on from it."""

    status: int
    text: str
    location: str | None


@dataclass
class Browser:
    """Whoever asks; `persona` None is nobody, and what they get is written into `folder`."""

    address: str
    folder: Path
    persona: str | None = None
    posted: int = 0

    @property
    def secret(self) -> str:
        """Return the secret of their cookie."""
        return f"session-of-{self.persona}-0123456789" if self.persona else "browser-of-nobody-0123456789"

    def get(self, path: str, method: str = "GET", *, name: str = "", **headers: str) -> Answer:
        """Ask for a page, and write the answer under the page's own name if it has no other."""
        return self._ask(method, path, f"{name or _name(method, path)}.txt", headers)

    def follow(self, path: str, pages: int = 2, **headers: str) -> None:
        """Ask for a page, and for the pages that come after it, whose names say which of them they are."""
        name = _name("GET", path)
        answer = self.get(path, **headers)
        for number in range(2, pages + 1):
            found = _next_path(path, answer.text)
            if found is None:
                return
            answer = self.get(found, name=f"{name}-page{number}", **headers)
            path = found

    def post(self, path: str, *pairs: tuple[str, str], **headers: str) -> Answer:
        """Post a form from a page of the site; the answers are numbered, as each changes something."""
        self.posted += 1
        file = f"{self.posted:03}-{re.sub(r'[^a-z]+', '-', path[1:])}.txt"
        token = hashlib.sha256(b"csrf " + self.secret.encode()).hexdigest()
        body = urlencode([("csrf", token), *pairs])
        sent = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{self.address}", **headers}
        return self._ask("POST", path, file, sent, body)

    def _ask(self, method: str, path: str, file: str, headers: Mapping[str, str], body: str | None = None) -> Answer:
        cookie = f"slb_{'session' if self.persona else 'browser'}={self.secret}"
        sent = {"cookie": cookie} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, path, body and body.encode(), sent)
        response = connection.getresponse()
        if response.headers.get_content_type() == "text/event-stream" and method == "GET":
            lines = [response.readline() for _ in range(4)]
            text = b"".join(lines).decode()
        else:
            text = response.read().decode(errors="backslashreplace")
        connection.close()
        kept = sorted((name.lower(), _sorted(name, value)) for name, value in response.getheaders())
        head = "".join(f"{name}: {value}\n" for name, value in kept if name not in _NOT_COMPARED)
        said = f"{method} {path}\n" + (f"{_without_token(body)}\n" if body else "")
        self.write(file, f"{said}\n{response.status}\n{head}\n{text}")
        return Answer(status=response.status, text=text, location=response.getheader("location"))

    def write(self, file: str, text: str) -> None:
        """Write a text without what is another one at each run."""
        text = text.replace(self.address, "127.0.0.1:PORT")
        for pattern, instead in _PLACEHOLDERS:
            text = pattern.sub(instead, text)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text(text + ("" if text.endswith("\n") else "\n"), encoding="utf-8")


def _name(method: str, path: str) -> str:
    key = path if method == "GET" else f"{method} {path}"
    readable = re.sub(r"[^\w.=&,-]+", "_", unquote(key).strip("/"))[:_LONGEST_NAME]
    return f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:6]}"


def _sorted(name: str, value: str) -> str:
    """Return the methods of an Allow header in one order, as they come out of a set; other headers as they are."""
    return ", ".join(sorted(value.split(", "))) if name.lower() == "allow" else value


def _without_token(body: str) -> str:
    return body.partition("&")[2]


def _next_path(path: str, text: str) -> str | None:
    """Return the page after this one: the link in a page, or the word in the JSON of the API."""
    if text.startswith("{"):
        word = json.loads(text).get("next")
        if not word:
            return None
        base = re.sub(r"[?&]after=[^&]*", "", path)
        return f"{base}{'&' if '?' in base else '?'}{urlencode({'after': word})}"
    own = urlsplit(path).path
    for link in re.finditer(r'href="([^"]*)"', text):
        url = link[1].replace("&amp;", "&")
        if urlsplit(url).path in {own, ""} and re.search(r"[?&](after|before|skip|page)=[^&]", url):
            return url if url.startswith("/") else own + url
    return None
