"""Read one value of the environment: give it typed, or raise ValueError with the rest of a sentence about it."""

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Parser: TypeAlias = Callable[[str], object]
"""Raises ValueError with the rest of a sentence that begins with the setting's name."""

_SHORTEST_WEBHOOK_SECRET = 16
_MOST_WEBHOOK_SECRETS = 2
_SHORTEST_SECRET_KEY = 32
_FEWEST_DIFFERENT_CHARACTERS = 10
# Good enough to tell an address from a slip; whether it exists only a mail to it can tell.
_EMAIL = re.compile(r"[^\s@<>\",;:]+@[^\s@<>\",;:.]+(\.[^\s@<>\",;:.]+)+")
_LONGEST_EMAIL = 254
_DISCOVERY = re.compile(r"/+\.well-known/(openid-configuration|oauth-authorization-server)/*$")
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[\w.~-]+)*/?", re.ASCII)
OWN_NAMES = frozenset(
    [
        ".well-known",
        "about",
        "account",
        "admin",
        "api",
        "board",
        "changes",
        "cycles",
        "done",
        "events",
        "export",
        "export.csv",
        "export.json",
        "feed.atom",
        "feeds",
        "filters",
        "healthz",
        "initiatives",
        "items",
        "labels",
        "manifest.webmanifest",
        "matrix",
        "meeting",
        "metrics",
        "people",
        "place",
        "policy-reports",
        "present",
        "projects",
        "readyz",
        "roadmap",
        "robots.txt",
        "seen",
        "sign-in",
        "sign-out",
        "static",
        "teams",
        "timeline",
        "trends",
        "updates",
        "updates.atom",
        "views",
        "waiting",
        "webhooks",
    ]
)
"""What the product's own paths begin with: below one of these nobody could tell whether a proxy has taken it off."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Secret:
    """A text that shows as asterisks wherever it is printed; only `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "**********"


def build_whole_number_parser(low: int, high: float = math.inf) -> Parser:
    """Read a whole number from `low` to `high`."""
    limits = f"of at least {low}" if high == math.inf else f"from {low} to {high}"

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise ValueError(f"should be a whole number {limits}")
        return value

    return parse


def build_number_parser(range_words: str, allowed: Callable[[float], bool]) -> Parser:
    """Read a number that is `allowed`; `range_words` say which are."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or not allowed(value):
            raise ValueError(f"should be a number {range_words}")
        return value

    return parse


def build_choice_parser(*choices: str, aliases: Mapping[str, str] | None = None) -> Parser:
    """Read one of `choices`, in any case, or an alias of one."""

    def parse(text: str) -> str:
        word = (aliases or {}).get(text.lower(), text.lower())
        if word not in choices:
            raise ValueError(f"should be {', '.join(choices[:-1])} or {choices[-1]}")
        return word

    return parse


def parse_url(text: str) -> str:
    """Read a web address."""
    try:
        parts = urlsplit(text)
        leads_to_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # whose words quote the address, password and all
        leads_to_host = False
    if not leads_to_host or not re.fullmatch(r"https?://\S+", text):
        raise ValueError("is not a web address, which begins with https:// or http://")
    return text


def parse_database_url(text: str) -> Secret:
    """Refuse a URL that libpq would misread, most often because of an unescaped character in the password.

    libpq takes `postgresql://u:p@ss@host/db` without an error and connects to the host `ss@host`.
    """
    scheme, _, rest = text.partition("://")
    if scheme not in {"postgresql", "postgres"}:
        raise ValueError("does not begin with postgresql:// (the example in .env.example shows the form)")
    if re.search(r"[@/?].*@|#", rest, re.DOTALL):
        raise ValueError(
            "holds an unescaped character: in a password write @ as %40, # as %23, / as %2F and ? as %3F"
        )
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError("holds a % that starts no escape: in a password write % as %25")
    if re.search(r"\s", text):
        raise ValueError("holds white space: in a password write a space as %20")
    return Secret(text)


def parse_webhook_secrets(text: str) -> tuple[Secret, ...]:
    """Read one secret, or two while the first is being changed."""
    parts = split_list(text)
    if len(parts) > _MOST_WEBHOOK_SECRETS:
        raise ValueError("holds more than two secrets: one, and a second only while it is being changed")
    if any(len(part) < _SHORTEST_WEBHOOK_SECRET for part in parts):
        raise ValueError(f"holds a secret shorter than {_SHORTEST_WEBHOOK_SECRET} characters")
    return tuple(map(Secret, parts))


def split_list(text: str) -> list[str]:
    """Return the parts of a list that is divided by commas."""
    return [part.strip() for part in text.split(",")]


def parse_base_url(text: str) -> str:
    """Read the address at which people reach the product: https, or http on this machine; without a last slash."""
    parts = urlsplit(parse_url(text))
    if not _PATH.fullmatch(parts.path) or parts.query or parts.fragment or parts.username:
        raise ValueError(
            "should be the scheme and the host, like https://backlog.example.com, with a plain path if need be, like"
            " https://example.com/backlog"
        )
    path = parts.path.rstrip("/")
    if (name := path.partition("/")[2].partition("/")[0]) in OWN_NAMES:
        raise ValueError(f"has a path that begins with /{name}, as pages of the backlog do: choose another")
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("should begin with https://, as people sign in there")
    return f"{parts.scheme}://{drop_default_port(parts.scheme, parts.netloc.lower())}{path}"


def parse_origin(url: str) -> str:
    """Return the scheme and the host of a web address, as browsers write them in `Origin`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def drop_default_port(scheme: str, host: str) -> str:
    """Return a host without the port that its scheme has anyway, as browsers write it in `Origin`."""
    return host.removesuffix(f":{_DEFAULT_PORTS[scheme]}")


def parse_https_url(text: str) -> str:
    """Read a web address to which secrets go: https, or http on this machine."""
    parts = urlsplit(parse_url(text))
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("should begin with https://")
    return text


def parse_issuer(text: str) -> str:
    """Read the name of an identity provider, or the address of its document: https, or http on this machine."""
    scheme, divider, rest = text.strip().partition("://")
    parts = urlsplit(parse_url(f"{scheme.lower()}{divider}{rest}"))
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("should begin with https://")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("should be the issuer alone, like https://id.example.com")
    host = drop_default_port(parts.scheme, parts.netloc.lower())
    return f"{parts.scheme}://{host}{_DISCOVERY.sub('', parts.path)}"


def is_same_issuer(first: str, second: str) -> bool:
    """Return whether two names are one identity provider's: a last slash and the case of the host don't count."""
    try:
        return parse_issuer(first).rstrip("/") == parse_issuer(second).rstrip("/")
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Return whether a host, by name or address, is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def parse_secret_key(text: str) -> Secret:
    """Read the key of this installation, which must not be guessable."""
    if len(text) < _SHORTEST_SECRET_KEY or len(set(text)) < _FEWEST_DIFFERENT_CHARACTERS:
        raise ValueError(
            f"should be at least {_SHORTEST_SECRET_KEY} random characters: `openssl rand -hex 32` prints some"
        )
    return Secret(text)


def parse_secret_keys(text: str) -> tuple[Secret, ...]:
    """Read the key in use and, after it, those that were in use before."""
    return tuple(map(parse_secret_key, split_list(text)))


def parse_networks(text: str) -> tuple[Network, ...]:
    """Read networks like 192.0.2.0/24 and 2001:db8::/32; a single address is a network of one."""
    found: list[Network] = []
    for part in split_list(text):
        try:
            found.append(ipaddress.ip_network(part))
        except ValueError:
            raise ValueError(f"holds {part!r}, which is not a network like 192.0.2.0/24") from None
    return tuple(found)


def parse_email(text: str) -> str:
    """Read a mail address, in small letters."""
    if len(text) > _LONGEST_EMAIL or not _EMAIL.fullmatch(text.strip()):
        raise ValueError("should be an email address like person@example.com")
    return text.strip().lower()


def parse_emails(text: str) -> tuple[str, ...]:
    """Read mail addresses, in small letters."""
    return tuple(parse_email(part) for part in split_list(text))


def parse_contacts(text: str) -> tuple[str, ...]:
    """Read where somebody can be told of a weakness, as URIs: mail addresses, https: and tel: addresses."""
    contacts = [part if ":" in part else f"mailto:{parse_email(part)}" for part in split_list(text)]
    if not all(re.fullmatch(r"(?:https://|mailto:|tel:)[!-~]+", one) for one in contacts):
        raise ValueError("should be addresses like security@example.com or https://example.com/security")
    return tuple(contacts)


def parse_names(text: str) -> tuple[str, ...]:
    """Read names divided by commas."""
    return tuple(filter(None, split_list(text)))


def parse_group_pairs(text: str) -> tuple[str, ...]:
    """Read pairs like `staff=Field staff` divided by commas: a provider's group, and the viewer group it leads to."""
    pairs = parse_names(text)
    if not all(part.strip() for pair in pairs for part in pair.rpartition("=")):
        raise ValueError("should be pairs like staff=Field staff, divided by commas")
    return pairs


def parse_scopes(text: str) -> tuple[str, ...]:
    """Read what an identity provider is asked for, divided by spaces or commas; `openid` is always among it."""
    scopes = text.replace(",", " ").split()
    if not all(re.fullmatch(r"[!#-\[\]-~]+", scope) for scope in scopes):  # RFC 6749, 3.3
        raise ValueError("should be scopes like openid email groups, divided by spaces")
    return tuple(dict.fromkeys(("openid", *scopes)))


def parse_header_name(text: str) -> str:
    """Read the name of an HTTP header, in small letters."""
    if not re.fullmatch(r"[A-Za-z0-9-]+", text):
        raise ValueError("should be the name of a header like X-Forwarded-Email: letters, digits and hyphens")
    return text.lower()


def parse_smtp_url(text: str) -> Secret:
    """Read a mail server's address; smtps:// speaks TLS from the start, smtp:// turns to it where it can."""
    try:
        parts = urlsplit(text)
        has_port = parts.port is None or parts.port > 0
        is_right = parts.scheme in {"smtp", "smtps"} and parts.hostname and has_port and not parts.path.strip("/")
    except ValueError:  # whose words quote the address, password and all
        is_right = False
    if not is_right:
        raise ValueError("should look like smtps://user:password@mail.example.com:465")
    return Secret(text)
