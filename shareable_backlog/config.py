"""Read the configuration: the only reader of the environment and of `.env`.

Every setting stands in `.env.example`. A secret may be given as a file (`NAME_FILE=/run/secrets/name`) in place
of `NAME`. An empty value counts as not set. Nothing heavy is imported here: every command waits for this module.
"""

import math
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from shareable_backlog import logs
from shareable_backlog.errors import ConfigurationInvalid

_SECRETS = ("DATABASE_URL", "LINEAR_API_KEY", "LINEAR_OAUTH_CLIENT_SECRET", "LINEAR_WEBHOOK_SECRETS")
_SHORTEST_WEBHOOK_SECRET = 16
_MOST_WEBHOOK_SECRETS = 2
_CLOSE_ENOUGH = 0.85  # a spelling this near to a setting's name is taken for a slip
# The Node service logged by pino, whose level names stand in its environment files.
_PINO_LEVELS = {"trace": "debug", "warn": "warning", "fatal": "error", "silent": "error"}


class Secret:
    """Hold a text that shows as asterisks wherever it is printed; only `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "**********"


def _default_data_dir() -> Path:
    """Give the platform's user data folder; for root a system folder, as PostgreSQL may not enter /root."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/shareable-linear-backlog")
    from platformdirs import user_data_path

    return user_data_path("shareable-linear-backlog", appauthor=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Hold every setting of the program, as `.env.example` explains them; secrets don't show in its repr."""

    database_url: Secret | None = None
    database_pool_max: int = 20
    database_idle_timeout_s: float = 30
    database_connect_timeout_s: float = 5
    database_statement_timeout_ms: int = 5000
    data_dir: Path = field(default_factory=_default_data_dir)
    linear_api_key: Secret | None = None
    linear_oauth_client_id: str | None = None
    linear_oauth_client_secret: Secret | None = None
    linear_webhook_secrets: tuple[Secret, ...] = ()
    linear_api_url: str = "https://api.linear.app/graphql"
    linear_oauth_token_url: str = "https://api.linear.app/oauth/token"  # noqa: S105 (an address)
    linear_uploads_url: str = "https://uploads.linear.app"
    sync_interval_s: int = 300
    sync_full_interval_s: int = 86_400
    sync_max_removal_share: float = 0.2
    retention_days: int = 30
    image_cache_mb: int = 200
    port: int = 8000
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "console"


# What reads one value: gives it typed, or raises ValueError with the rest of a sentence that begins with its name.
_Parser = Callable[[str], object]


def _whole(low: int, high: float = math.inf) -> _Parser:
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


def _number(words: str, allowed: Callable[[float], bool]) -> _Parser:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or not allowed(value):
            raise ValueError(f"should be a number {words}")
        return value

    return parse


def _one_of(*words: str, aliases: Mapping[str, str] | None = None) -> _Parser:
    def parse(text: str) -> str:
        word = (aliases or {}).get(text.lower(), text.lower())
        if word not in words:
            raise ValueError(f"should be {', '.join(words[:-1])} or {words[-1]}")
        return word

    return parse


def _web_address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\S*", text):
        raise ValueError("is not a web address, which begins with https:// or http://")
    return text


def _database_url(text: str) -> Secret:
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
        raise ValueError("holds a % that begins no escape: in a password write % as %25")
    if re.search(r"\s", text):
        raise ValueError("holds white space: in a password write a space as %20")
    return Secret(text)


def _webhook_secrets(text: str) -> tuple[Secret, ...]:
    parts = _divided(text)
    if len(parts) > _MOST_WEBHOOK_SECRETS:
        raise ValueError("holds more than two secrets: one, and a second only while it is being changed")
    if any(len(part) < _SHORTEST_WEBHOOK_SECRET for part in parts):
        raise ValueError(f"holds a secret shorter than {_SHORTEST_WEBHOOK_SECRET} characters")
    return tuple(map(Secret, parts))


def _divided(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


_SECONDS = _number("above 0", lambda value: value > 0)
_PARSERS: Mapping[str, _Parser] = {
    "DATABASE_URL": _database_url,
    "DATABASE_POOL_MAX": _whole(1, 1000),
    "DATABASE_IDLE_TIMEOUT_S": _SECONDS,
    "DATABASE_CONNECT_TIMEOUT_S": _SECONDS,
    "DATABASE_STATEMENT_TIMEOUT_MS": _whole(100),
    "SLB_DATA_DIR": Path,
    "LINEAR_API_KEY": Secret,
    "LINEAR_OAUTH_CLIENT_ID": str,
    "LINEAR_OAUTH_CLIENT_SECRET": Secret,
    "LINEAR_WEBHOOK_SECRETS": _webhook_secrets,
    "LINEAR_API_URL": _web_address,
    "LINEAR_OAUTH_TOKEN_URL": _web_address,
    "LINEAR_UPLOADS_URL": _web_address,
    "SYNC_INTERVAL_S": _whole(5),
    "SYNC_FULL_INTERVAL_S": _whole(60),
    "SYNC_MAX_REMOVAL_SHARE": _number("from 0 to 1", lambda value: 0 <= value <= 1),
    "RETENTION_DAYS": _whole(0, 3650),
    "IMAGE_CACHE_MB": _whole(0, 100_000),
    "PORT": _whole(0, 65_535),
    "LOG_LEVEL": _one_of("debug", "info", "warning", "error", aliases=_PINO_LEVELS),
    "LOG_FORMAT": _one_of("json", "console"),
}

NAMES = tuple(_PARSERS)
"""The environment's names of all settings, in the order of `.env.example`."""


def _field(name: str) -> str:
    return name.removeprefix("SLB_").lower()


def load(env_file: Path = Path(".env")) -> Settings:
    """Give the settings of the environment and of `env_file`, which the environment overrides.

    Secrets are masked in the log from here on. Raises ConfigurationInvalid with every fault at once.
    """
    in_file = _given(_read(env_file))
    given = in_file | _given(os.environ)
    secrets, faults = _from_secret_files(given)
    values = {name: given[name] for name in NAMES if name in given} | secrets
    for text in (*(values.get(name, "") for name in _SECRETS), *_divided(values.get("LINEAR_WEBHOOK_SECRETS", ""))):
        logs.mask(text)
    in_unread_files = {name for name in _SECRETS if f"{name}_FILE" in given}
    return _checked(values, [*faults, *_misspelt(in_file), *_contradictions(values.keys() | in_unread_files)])


def parsed(values: Mapping[str, str]) -> Settings:
    """Give the settings of `values`, by the environment's names, and the defaults of all others.

    Raises ConfigurationInvalid with every fault at once, and KeyError for a name that is no setting.
    """
    return _checked(values, _contradictions(values))


def shown(settings: Settings) -> dict[str, str]:
    """Give every setting as text by its name in the environment: secrets masked, empty for None."""
    return {name: _as_text(getattr(settings, _field(name))) for name in NAMES}


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case tuple():
            return ",".join(map(str, cast("tuple[object, ...]", value)))
        case _:
            return str(value)


def _checked(values: Mapping[str, str], faults: Iterable[str]) -> Settings:
    """Parse `values`; what is wrong with them is raised together with the `faults` found before."""
    found = list(faults)
    fields: dict[str, Any] = {}
    for name, text in values.items():
        try:
            fields[_field(name)] = _PARSERS[name](text)
        except ValueError as error:
            found.append(f"{name} {error}")
    if found:
        raise ConfigurationInvalid(tuple(found))
    return Settings(**fields)


def _contradictions(given: Collection[str]) -> list[str]:
    """Say which of the `given` settings don't go together."""
    pair = ("LINEAR_OAUTH_CLIENT_ID", "LINEAR_OAUTH_CLIENT_SECRET")
    for name, other in (pair, pair[::-1]):
        if name in given and other not in given:
            return [f"{name} is set without {other}: set both or neither"]
    if {"LINEAR_API_KEY", *pair} <= set(given):
        return [f"LINEAR_API_KEY and {pair[0]} are both set: keep one"]
    return []


def _read(env_file: Path) -> Mapping[str, str | None]:
    if not env_file.exists():
        return {}
    from dotenv import dotenv_values  # late, for commands that start without a file

    try:
        return dotenv_values(env_file, interpolate=False)
    except (OSError, UnicodeDecodeError):
        fault = f"{env_file.name} can't be read: it must be a text file in UTF-8 that this user may open"
        raise ConfigurationInvalid((fault,)) from None


def _given(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value and not value.isspace()}


def _from_secret_files(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Give the secrets that stand in files, and what is wrong with those files."""
    secrets: dict[str, str] = {}
    faults: list[str] = []
    for name in _SECRETS:
        path = given.get(f"{name}_FILE")
        if path and name in given:
            faults.append(f"{name} and {name}_FILE are both set: keep one")
        elif path:
            try:
                secrets |= _given({name: Path(path).read_text(encoding="utf-8").strip()})
            except (OSError, UnicodeDecodeError):
                faults.append(f"{name}_FILE names a file that can't be read")
            else:
                faults += [] if name in secrets else [f"{name}_FILE names an empty file"]
    return secrets, faults


def _misspelt(in_file: dict[str, str]) -> list[str]:
    """Name the keys of `.env` that look like a slip; quite other keys belong to other programs."""
    known = {*NAMES, *(f"{name}_FILE" for name in _SECRETS)}
    unknown = in_file.keys() - known
    if not unknown:
        return []
    import difflib  # late, as it is seldom needed

    nearest = {name: difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE_ENOUGH) for name in unknown}
    return [f"{name} in .env is not a setting: did you mean {near[0]}?" for name, near in nearest.items() if near]
