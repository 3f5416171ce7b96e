"""Read the configuration: the only reader of the environment and of `.env`.

Every setting stands in `.env.example`. A secret may be given as a file (`NAME_FILE=/run/secrets/name`) in place
of `NAME`. An empty value counts as not set. Nothing heavy is imported here: every command waits for this module.
"""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, cast

from msgspec import Struct, field

from shareable_backlog import logs
from shareable_backlog.config import log_levels, node_names, values
from shareable_backlog.config.env_file import read_env_file
from shareable_backlog.config.values import Network, Secret
from shareable_backlog.errors import ConfigurationInvalid

__all__ = [
    "NAMES",
    "SECRET_NAMES",
    "Network",
    "Secret",
    "Settings",
    "format_settings",
    "parse_settings",
    "read_settings",
]

SECRET_NAMES = (
    "DATABASE_URL",
    "DATABASE_READ_URL",
    "SECRET_KEY",
    "SECRET_KEYS",
    "LINEAR_API_KEY",
    "LINEAR_OAUTH_CLIENT_SECRET",
    "LINEAR_WEBHOOK_SECRETS",
    "SMTP_URL",
    "OIDC_CLIENT_SECRET",
)
"""The settings that may stand in a file and are masked in the log."""
# Loopback, and what no router of the internet passes on.
_PRIVATE_NETWORKS = values.parse_networks(
    "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10"
)
_LONGEST_DRAIN_S = 600
_CLOSE_ENOUGH = 0.85  # a spelling this near to a setting's name is taken for a slip


def _choose_data_dir() -> Path:
    """Return the platform's user data folder; for root a system folder, as PostgreSQL may not enter /root."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/shareable-linear-backlog")
    from platformdirs import user_data_path

    return user_data_path("shareable-linear-backlog", appauthor=False)


class Settings(Struct, frozen=True, kw_only=True):
    """Every setting of the program, as `.env.example` explains them; secrets don't show in its repr."""

    database_url: Secret | None = None
    database_read_url: Secret | None = None
    database_pool_max: int = 20
    database_idle_timeout_s: float = 30
    database_connect_timeout_s: float = 5
    database_statement_timeout_ms: int = 5000
    database_prepared_statements: Literal["auto", "yes", "no"] = "auto"
    data_dir: Path = field(default_factory=_choose_data_dir)
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
    base_url: str | None = None
    secret_key: Secret | None = None
    secret_keys: tuple[Secret, ...] = ()
    allowed_networks: tuple[Network, ...] = _PRIVATE_NETWORKS
    trusted_proxies: tuple[Network, ...] = ()
    metrics_networks: tuple[Network, ...] = _PRIVATE_NETWORKS[:2]
    admin_emails: tuple[str, ...] = ()
    security_contacts: tuple[str, ...] = ()
    hsts_subdomains: Literal["no", "yes"] = "no"
    session_idle_hours: int = 72
    session_max_days: int = 30
    sign_in_mails_per_network: int = 20
    sign_in_mails_per_person: int = 5
    sign_in_mails_per_person_day: int = 20
    sign_in_newcomers: int = 10
    sign_in_tries_per_network: int = 60
    sign_in_wrong_codes_per_day: int = 10
    pages_per_minute: int = 600
    exports_per_hour: int = 60
    smtp_url: Secret | None = None
    mail_from: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: Secret | None = None
    oidc_name: str = "single sign-on"
    oidc_trusted_email_issuer: str | None = None
    oidc_scopes: tuple[str, ...] = ()
    oidc_email_claim: str = "email"
    oidc_groups_claim: str = "groups"
    oidc_allowed_groups: tuple[str, ...] = ()
    oidc_admin_group: str | None = None
    oidc_viewer_groups: tuple[str, ...] = ()
    auth_proxy_header: str | None = None
    auth_proxy_prefix: str | None = None
    auth_proxy_groups_header: str | None = None
    auth_proxy_viewer_groups: tuple[str, ...] = ()
    audit_retention_days: int = 0
    audit_to_log: Literal["no", "yes"] = "no"
    otel_exporter_otlp_endpoint: str | None = None
    port: int = 8000
    stop_drain_s: float = 3
    log_level: str = "info"
    log_format: Literal["json", "console"] = "console"
    given: frozenset[str] = frozenset()
    """The environment's names of what was set there: admins can't change that in the browser."""


_SECONDS = values.build_number_parser("above 0", lambda value: value > 0)
_PARSERS: Mapping[str, values.Parser] = {
    "DATABASE_URL": values.parse_database_url,
    "DATABASE_READ_URL": values.parse_database_url,
    "DATABASE_POOL_MAX": values.build_whole_number_parser(1, 1000),
    "DATABASE_IDLE_TIMEOUT_S": _SECONDS,
    "DATABASE_CONNECT_TIMEOUT_S": _SECONDS,
    "DATABASE_STATEMENT_TIMEOUT_MS": values.build_whole_number_parser(100),
    "DATABASE_PREPARED_STATEMENTS": values.build_choice_parser("auto", "yes", "no"),
    "SLB_DATA_DIR": Path,
    "LINEAR_API_KEY": Secret,
    "LINEAR_OAUTH_CLIENT_ID": str,
    "LINEAR_OAUTH_CLIENT_SECRET": Secret,
    "LINEAR_WEBHOOK_SECRETS": values.parse_webhook_secrets,
    "LINEAR_API_URL": values.parse_https_url,
    "LINEAR_OAUTH_TOKEN_URL": values.parse_https_url,
    "LINEAR_UPLOADS_URL": values.parse_https_url,
    "SYNC_INTERVAL_S": values.build_whole_number_parser(5),
    "SYNC_FULL_INTERVAL_S": values.build_whole_number_parser(60),
    "SYNC_MAX_REMOVAL_SHARE": values.build_number_parser("from 0 to 1", lambda value: 0 <= value <= 1),
    "RETENTION_DAYS": values.build_whole_number_parser(0, 3650),
    "IMAGE_CACHE_MB": values.build_whole_number_parser(0, 100_000),
    "BASE_URL": values.parse_base_url,
    "SECRET_KEY": values.parse_secret_key,
    "SECRET_KEYS": values.parse_secret_keys,
    "ALLOWED_NETWORKS": values.parse_networks,
    "TRUSTED_PROXIES": values.parse_networks,
    "METRICS_NETWORKS": values.parse_networks,
    "ADMIN_EMAILS": values.parse_emails,
    "SECURITY_CONTACTS": values.parse_contacts,
    "HSTS_SUBDOMAINS": values.build_choice_parser("no", "yes"),
    "SESSION_IDLE_HOURS": values.build_whole_number_parser(1, 8760),
    "SESSION_MAX_DAYS": values.build_whole_number_parser(1, 365),
    "SIGN_IN_MAILS_PER_NETWORK": values.build_whole_number_parser(1, 100_000),
    "SIGN_IN_MAILS_PER_PERSON": values.build_whole_number_parser(1, 100),
    "SIGN_IN_MAILS_PER_PERSON_DAY": values.build_whole_number_parser(1, 1000),
    "SIGN_IN_NEWCOMERS": values.build_whole_number_parser(0, 10_000),
    "SIGN_IN_TRIES_PER_NETWORK": values.build_whole_number_parser(1, 100_000),
    "SIGN_IN_WRONG_CODES_PER_DAY": values.build_whole_number_parser(1, 100),
    "PAGES_PER_MINUTE": values.build_whole_number_parser(10, 1_000_000),
    "EXPORTS_PER_HOUR": values.build_whole_number_parser(1, 1_000_000),
    "SMTP_URL": values.parse_smtp_url,
    "MAIL_FROM": values.parse_email,
    "OIDC_ISSUER": values.parse_issuer,
    "OIDC_CLIENT_ID": str,
    "OIDC_CLIENT_SECRET": Secret,
    "OIDC_NAME": str,
    "OIDC_TRUSTED_EMAIL_ISSUER": values.parse_issuer,
    "OIDC_SCOPES": values.parse_scopes,
    "OIDC_EMAIL_CLAIM": str,
    "OIDC_GROUPS_CLAIM": str,
    "OIDC_ALLOWED_GROUPS": values.parse_names,
    "OIDC_ADMIN_GROUP": str,
    "OIDC_VIEWER_GROUPS": values.parse_group_pairs,
    "AUTH_PROXY_HEADER": values.parse_header_name,
    "AUTH_PROXY_PREFIX": str.lower,
    "AUTH_PROXY_GROUPS_HEADER": values.parse_header_name,
    "AUTH_PROXY_VIEWER_GROUPS": values.parse_group_pairs,
    "AUDIT_RETENTION_DAYS": values.build_whole_number_parser(0, 36_500),
    "AUDIT_TO_LOG": values.build_choice_parser("no", "yes"),
    "OTEL_EXPORTER_OTLP_ENDPOINT": values.parse_url,
    "PORT": values.build_whole_number_parser(0, 65_535),
    "STOP_DRAIN_S": values.build_number_parser("from 0 to 600", lambda value: 0 <= value <= _LONGEST_DRAIN_S),
    "LOG_LEVEL": log_levels.parse_log_levels,
    "LOG_FORMAT": values.build_choice_parser("json", "console"),
}

NAMES = tuple(_PARSERS)
"""The environment's names of all settings, in the order of `.env.example`."""


def _build_field_name(name: str) -> str:
    return name.removeprefix("SLB_").lower()


def read_settings(env_file: Path = Path(".env")) -> Settings:
    """Return the settings of the environment and of `env_file`, which the environment overrides.

    Secrets are masked in the log from here on. Raises ConfigurationInvalid with every fault at once.
    """
    in_file = _drop_empty(read_env_file(env_file))
    given = node_names.add_translated(in_file | _drop_empty(os.environ))
    secrets, faults = _read_secret_files(given)
    texts = {name: given[name] for name in NAMES if name in given} | secrets
    for name in SECRET_NAMES:
        for text in (
            texts.get(name, ""),
            *values.split_list(texts.get(name, "")),
            *_extract_password(texts.get(name, "")),
        ):
            logs.mask_secret(text)
    in_unread_files = {name for name in SECRET_NAMES if f"{name}_FILE" in given}
    return _build_settings(
        texts, [*faults, *_check_spelling(in_file), *_check_contradictions(texts.keys() | in_unread_files)]
    )


def list_secret_files(env_file: Path = Path(".env")) -> list[Path]:
    """Return the files in which secrets stand: those that `NAME_FILE` names, and `env_file` if there are any in it.

    Raises ConfigurationInvalid when that can't be read.
    """
    in_file = _drop_empty(read_env_file(env_file))
    given = in_file | _drop_empty(os.environ)
    named = [Path(given[f"{name}_FILE"]) for name in SECRET_NAMES if f"{name}_FILE" in given]
    return [*([env_file] if in_file.keys() & set(SECRET_NAMES) else []), *named]


def parse_settings(texts: Mapping[str, str]) -> Settings:
    """Return the settings of `texts`, by the environment's names, and the defaults of all others.

    Raises ConfigurationInvalid with every fault at once, and KeyError for a name that is no setting.
    """
    return _build_settings(texts, _check_contradictions(texts))


def format_settings(settings: Settings) -> dict[str, str]:
    """Return every setting as text by its name in the environment: secrets masked, empty for None."""
    return {name: _format_value(getattr(settings, _build_field_name(name))) for name in NAMES}


def _format_value(value: object) -> str:
    match value:
        case None:
            return ""
        case tuple():
            return ",".join(map(str, cast("tuple[object, ...]", value)))
        case _:
            return str(value)


def _extract_password(text: str) -> list[str]:
    """Return the password in a URL, as it stands there."""
    found = re.search(r"://[^/@\s]*:([^@/\s]+)@", text)
    return [found[1]] if found else []


def _build_settings(texts: Mapping[str, str], faults: Iterable[str]) -> Settings:
    """Parse `texts`; what is wrong with them is raised together with the `faults` found before."""
    found = list(faults)
    fields: dict[str, Any] = {}
    for name, text in texts.items():
        try:
            fields[_build_field_name(name)] = _PARSERS[name](text)
        except ValueError as error:
            found.append(f"{name} {error}")
    if found:
        raise ConfigurationInvalid(tuple(found))
    if "secret_keys" in fields:
        fields["secret_key"] = fields["secret_keys"][0]
    return Settings(**fields, given=frozenset(texts))


# Of these, the first of a pair is of no use without the second.
_NEEDS = (
    ("LINEAR_OAUTH_CLIENT_ID", "LINEAR_OAUTH_CLIENT_SECRET"),
    ("LINEAR_OAUTH_CLIENT_SECRET", "LINEAR_OAUTH_CLIENT_ID"),
    ("SMTP_URL", "MAIL_FROM"),
    ("SMTP_URL", "BASE_URL"),
    ("OIDC_ISSUER", "OIDC_CLIENT_ID"),
    ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"),
    ("OIDC_CLIENT_SECRET", "OIDC_ISSUER"),
    ("OIDC_ISSUER", "BASE_URL"),
    ("AUTH_PROXY_HEADER", "TRUSTED_PROXIES"),
    ("AUTH_PROXY_HEADER", "BASE_URL"),
    ("AUTH_PROXY_PREFIX", "AUTH_PROXY_HEADER"),
    ("AUTH_PROXY_GROUPS_HEADER", "AUTH_PROXY_HEADER"),
    ("AUTH_PROXY_GROUPS_HEADER", "AUTH_PROXY_VIEWER_GROUPS"),
    ("AUTH_PROXY_VIEWER_GROUPS", "AUTH_PROXY_GROUPS_HEADER"),
)


def _check_contradictions(names: Collection[str]) -> list[str]:
    """Return which of the `names` settings don't go together."""
    found = [
        f"{name} is set without {other}: set that too, or leave {name} out"
        for name, other in _NEEDS
        if name in names and other not in names
    ]
    if {"LINEAR_API_KEY", "LINEAR_OAUTH_CLIENT_ID", "LINEAR_OAUTH_CLIENT_SECRET"} <= set(names):
        found.append("LINEAR_API_KEY and LINEAR_OAUTH_CLIENT_ID are both set: keep one")
    if {"SECRET_KEY", "SECRET_KEYS"} <= set(names):
        found.append("SECRET_KEY and SECRET_KEYS are both set: keep one")
    return found


def _drop_empty(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value and not value.isspace()}


def _read_secret_files(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the secrets that stand in files, and what is wrong with those files."""
    secrets: dict[str, str] = {}
    faults: list[str] = []
    for name in SECRET_NAMES:
        path = given.get(f"{name}_FILE")
        if path and name in given:
            faults.append(f"{name} and {name}_FILE are both set: keep one")
        elif path:
            try:
                secrets |= _drop_empty({name: Path(path).read_text(encoding="utf-8").strip()})
            except (OSError, UnicodeDecodeError):
                faults.append(f"{name}_FILE names a file that can't be read")
            else:
                faults += [] if name in secrets else [f"{name}_FILE names an empty file"]
    return secrets, faults


def _check_spelling(in_file: dict[str, str]) -> list[str]:
    """Name the keys of `.env` that look like a slip; quite other keys belong to other programs."""
    known = {*NAMES, *(f"{name}_FILE" for name in SECRET_NAMES)}
    unknown = in_file.keys() - known
    if not unknown:
        return []
    import difflib  # late, as it is seldom needed

    nearest = {name: difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE_ENOUGH) for name in unknown}
    return [f"{name} in .env is not a setting: did you mean {near[0]}?" for name, near in nearest.items() if near]
