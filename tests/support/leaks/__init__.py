"""Hunt for secrets in all that the suite makes the program say: answers, logs, output, and what it stores.

What is hunted, in every form in which it may stand: the value of each setting that the configuration declares
secret, wherever a test gives the program its settings; what the program draws at random, and the tokens and cookies
made of it; the keys derived from SECRET_KEY. `hunt` is called wherever the suite gets hold of something that the
program said, so that every test is a part of the hunt.
"""

import base64
import re
import secrets
from collections import deque
from collections.abc import Iterable, Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from httpx2 import Response

from shareable_backlog.config import SECRET_NAMES, Secret
from shareable_backlog.services.access import sign_in
from shareable_backlog.services.audit.seal_hashes import derive_keys
from tests.support.leaks.forms import write_forms
from tests.support.signed_in import PERSONAS, SECRET_KEY, token

LINEAR_KEY = "lin_api_0fake0key0of0the0tests0"

_SHORTEST = 6  # shorter ones, which only bad examples have, stand in too many innocent words
_MOST_RECENT = 40
_SALT_BYTES, _TOKEN_BYTES = 16, 24  # what is shorter is drawn for names: incidents, states of the list
_AROUND = 60
_SHOW_ONCE = {("POST", "/account/tokens"), ("POST", "/feeds"), ("POST", "/updates/feed")}
"""The pages that show what was drawn: a token, to whoever made it."""
_LINK = re.compile(r"(?<=/sign-in/link/)\w+")
_WRITTEN_FOR_SIGNING_IN = re.compile(r"^.*\bsign_in_link\b.*$", re.MULTILINE)
"""The log has the link, where there is no mail server and nobody but this machine's people come."""

_marked: dict[str, tuple[str, ...]] = {}
_of_settings: dict[str, tuple[str, ...]] = {}
"""What the last settings held, the latest last; all that the whole suite sets is too much, too."""
_recent: deque[tuple[str, tuple[str, ...]]] = deque(maxlen=_MOST_RECENT)
"""What was drawn last; all that the whole suite draws is too much to look for in every page."""


def mark(secret: str) -> str:
    """Add a secret to the hunt, and return it."""
    if len(secret) >= _SHORTEST and secret not in _marked:
        _marked[secret] = write_forms(secret.encode())
    return secret


def mark_settings(texts: Mapping[str, str]) -> None:
    """Add to the hunt what settings hold that the configuration declares secret, a URL's password by itself too."""
    for name in SECRET_NAMES:
        for text in texts.get(name, "").split(","):
            _mark_setting(text.strip())
            password = re.search(r"://[^/@\s]*:([^@/\s]+)@", text)
            if password:
                _mark_setting(password[1])


def _mark_setting(secret: str) -> None:
    if len(secret) >= _SHORTEST and secret not in _marked:
        _of_settings[secret] = _of_settings.pop(secret, None) or write_forms(secret.encode())
        while len(_of_settings) > _MOST_RECENT:
            del _of_settings[next(iter(_of_settings))]


def mark_drawn(text: str) -> None:
    """Add to the hunt what the program has drawn for one person; the oldest is forgotten."""
    if len(text) >= _SALT_BYTES and text not in dict(_recent):
        _recent.append((text, write_forms(text.encode())))


def find(text: str, where: str, *, ignoring: Iterable[str] = ()) -> str | None:
    """Return in words which secrets stand in `text`, and where, without showing them; None if none does."""
    text = _WRITTEN_FOR_SIGNING_IN.sub("", text)
    hunted = {**_marked, **_of_settings, **{name: forms for name, forms in _recent if name not in ignoring}}
    found = [form for forms in hunted.values() for form in forms if form in text]
    if not found:
        return None
    place = next(line for line in text.splitlines() if any(form in line for form in found))
    for form in sorted((form for forms in hunted.values() for form in forms), key=len, reverse=True):
        place = place.replace(form, f"{form[:6]}…")
    first = min(place.index(f"{form[:6]}…") for form in found if f"{form[:6]}…" in place)
    shown = place[max(0, first - _AROUND) : first + _AROUND].strip()
    return f"{where} gives a secret away: {', '.join(f'{form[:6]}…' for form in found)}, in: {shown}"


def hunt(text: str, where: str, *, ignoring: Iterable[str] = ()) -> None:
    """Fail if a secret stands in `text`, without showing it again, unless the test has failed already."""
    found = None if _Hunt.is_over else find(text, where, ignoring=ignoring)
    assert found is None, found


def hunt_answer(method: str, path: str, sent: str, answer: Response) -> None:
    """Fail if an answer holds a secret other than those that it is for.

    Cookies are what they are set for, from then on secrets themselves. `sent` is what was asked: its own words may be
    said back, but for cookies, which no page's script may read.
    """
    said = [f"{name}: {value}" for name, value in answer.headers.items() if name != "set-cookie"]
    for line in answer.headers.get_list("set-cookie"):
        for cookie in SimpleCookie(line).values():
            mark_drawn(cookie.value)
    asked = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    for_provider = [*asked.get("state", ()), *asked.get("nonce", ())]
    is_once = (method, path.partition("?")[0]) in _SHOW_ONCE
    own = [name for name, _ in _recent if name in f"{path} {sent}" or name in for_provider or is_once]
    hunt("\n".join([*said, answer.text]), f"The answer to {method} {path}", ignoring=own)


def hunt_mail(text: str) -> None:
    """Fail if a mail holds a secret other than the link that it is for."""
    hunt(_LINK.sub("", text), "A mail")


def begin() -> None:
    """Hunt from now on: a test begins."""
    _Hunt.is_over = False


def end() -> None:
    """Hunt no more: the test that runs has failed, and what it leaves behind must not hide why."""
    _Hunt.is_over = True


def is_over() -> bool:
    """Return whether the test that runs has failed already."""
    return _Hunt.is_over


class _Hunt:
    is_over = False


def hunt_stored(rows: Mapping[str, str]) -> None:
    """Fail if a table's rows hold a secret in any column: of those that are kept at all there are hashes."""
    if find("\n".join(rows.values()), "The database") is None:
        return
    for table, text in rows.items():
        hunt(text, f"The table {table}")


def watch_draws() -> None:
    """Add to the hunt from now on whatever this process draws by `secrets`, and the links made of it."""
    draw = secrets.token_bytes

    def token_bytes(nbytes: int | None = None) -> bytes:
        drawn = draw(nbytes)
        if len(drawn) >= _TOKEN_BYTES:
            _recent.append((base64.urlsafe_b64encode(drawn).rstrip(b"=").decode(), write_forms(drawn)))
        elif len(drawn) == _SALT_BYTES:
            mark_drawn(sign_in._compute_token(SECRET_KEY.encode(), drawn))  # pyright: ignore[reportPrivateUsage] (what the mail has)
        return drawn

    secrets.token_bytes = token_bytes


for _secret in (SECRET_KEY, LINEAR_KEY, *map(token, PERSONAS)):
    mark(_secret)
for _key in derive_keys([Secret(SECRET_KEY)]).values():
    _marked["the key of the seals"] = write_forms(_key)
