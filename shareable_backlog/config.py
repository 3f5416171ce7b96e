"""Read the configuration: the only reader of the environment and of `.env`.

Every field of `Settings` stands in `.env.example` under its upper-case name. A secret may be given as a file
(`NAME_FILE=/run/secrets/name`) in place of `NAME`. An empty value counts as not set.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from shareable_backlog import logs
from shareable_backlog.errors import ConfigurationInvalid

_SECRETS = ("DATABASE_URL", "LINEAR_API_KEY")
_CLOSE_ENOUGH = 0.85  # a spelling this near to a setting's name is taken for a slip
# The Node service logged by pino, whose level names stand in its environment files.
_PINO_LEVELS = {"trace": "debug", "warn": "warning", "fatal": "error", "silent": "error"}


def _default_data_dir() -> Path:
    """Give the platform's user data folder; for root a system folder, as PostgreSQL may not enter /root."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/shareable-linear-backlog")
    return user_data_path("shareable-linear-backlog", appauthor=False)


class Settings(BaseModel):
    """Hold every setting of the program, checked; secrets don't show in its repr."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=str.upper)

    database_url: SecretStr | None = None
    database_pool_max: int = Field(default=20, ge=1, le=1000)
    database_idle_timeout_s: float = Field(default=30, gt=0, allow_inf_nan=False)
    database_connect_timeout_s: float = Field(default=5, gt=0, allow_inf_nan=False)
    database_statement_timeout_ms: int = Field(default=5000, ge=100)
    data_dir: Path = Field(default_factory=_default_data_dir, alias="SLB_DATA_DIR")
    linear_api_key: SecretStr | None = None
    linear_api_url: str = "https://api.linear.app/graphql"
    sync_interval_s: int = Field(default=300, ge=5)
    port: int = Field(default=8000, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "console"

    @field_validator("log_level", mode="before")
    @classmethod
    def _known_level(cls, value: str) -> str:
        return _PINO_LEVELS.get(value.lower(), value.lower())

    @field_validator("linear_api_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^\s/]+\S*", value):
            raise ValueError("is not a web address such as https://api.linear.app/graphql")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_postgresql_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _check_database_url(value.get_secret_value())
        return value


NAMES = tuple(field.alias or name.upper() for name, field in Settings.model_fields.items())
"""The environment's names of all settings, in the order of `.env.example`."""


def _check_database_url(url: str) -> None:
    """Refuse a URL that libpq would misread, most often because of an unescaped character in the password.

    libpq takes `postgresql://u:p@ss@host/db` without an error and connects to the host `ss@host`.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres"}:
        raise ValueError("does not begin with postgresql:// (the example in .env.example shows the form)")
    if re.search(r"[@/?].*@|#", rest, re.DOTALL):
        raise ValueError(
            "holds an unescaped character: in a password write @ as %40, # as %23, / as %2F and ? as %3F"
        )
    if re.search(r"%(?![0-9A-Fa-f]{2})", url):
        raise ValueError("holds a % that begins no escape: in a password write % as %25")
    if re.search(r"\s", url):
        raise ValueError("holds white space: in a password write a space as %20")


def load(env_file: Path = Path(".env")) -> Settings:
    """Give the settings of the environment and of `env_file`, which the environment overrides.

    Secrets are masked in the log from here on. Raises ConfigurationInvalid with every fault at once.
    """
    in_file = _given(_read(env_file))
    given = in_file | _given(os.environ)
    secrets, faults = _from_secret_files(given)
    faults += _misspelt(in_file)
    values = {name: given[name] for name in NAMES if name in given} | secrets
    for name in _SECRETS:
        logs.mask(values.get(name, ""))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        faults += [f"{e['loc'][0]} {_in_words(e['msg'])}" for e in error.errors(include_input=False)]
        raise ConfigurationInvalid(tuple(faults)) from None
    if faults:
        raise ConfigurationInvalid(tuple(faults))
    return settings


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


def _in_words(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[0].lower() + message[1:]
