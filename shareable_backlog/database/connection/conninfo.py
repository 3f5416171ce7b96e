"""Turn a DATABASE_URL into libpq's connection parameters, and understand the Node service's own words."""

import os
import re
from collections.abc import Mapping
from urllib.parse import quote

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shareable_backlog import logs
from shareable_backlog.config import Settings
from shareable_backlog.config.values import is_loopback
from shareable_backlog.database.connection import session_options
from shareable_backlog.errors import ConfigurationInvalid

_LOG = logs.get_logger(__name__)

_SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
_PORT_MAX = 65_535
_NUMBERS = (
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)
# How long a lost peer goes unnoticed (../ARCHITECTURE.md, "When the database is away").
_TCP_USER_TIMEOUT_MS = 3000
_LOCK_TIMEOUT_MS = 3000
_IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
# How long the server waits for a client lost on the way, whose locks it would else keep for two hours and more.
_SERVER_WAITS = (
    "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=30000"
)
# Pages want few rows soon: without a disk's head any is as near as the next, and to compile a statement, or to start
# others that help with it, takes longer than to run it. So does comparing all orders of joins, in which items stand
# first and names are looked up for them.
_PLANNING = "-c random_page_cost=1.1 -c jit=off -c max_parallel_workers_per_gather=0 -c join_collapse_limit=4"


def parse_url(url: str, name: str = "DATABASE_URL") -> str:
    """Return libpq's connection string for a PostgreSQL URL, that of the setting `name`.

    node-postgres's words are understood and noted in the log: `uselibpqcompat` is dropped,
    `sslmode=no-verify` is libpq's `require`, `ssl=true` too. Raises ConfigurationInvalid for a word that
    libpq does not know; the message holds no part of the URL but that word.
    """
    before, mark, query = url.partition("?")
    words = [word for word in query.split("&") if word]
    kept = [_translate_word(word) for word in words]
    if kept != words:
        _LOG.info(
            "database_url_understood", setting=name, note="it holds words of node-postgres, understood as libpq's"
        )
    try:
        parts = conninfo_to_dict(before + mark + "&".join(word for word in kept if word))
    except ProgrammingError as error:
        raise ConfigurationInvalid((f"{name} {_describe_refusal(str(error))}",)) from None
    if fault := _find_fault({word: str(value) for word, value in parts.items() if value}):
        raise ConfigurationInvalid((f"{name} has {fault}",))
    _mask_secrets(parts)
    return make_conninfo("", **parts)


def _find_fault(parts: Mapping[str, str]) -> str | None:
    """Return what libpq would refuse only when it connects; not the value, which may be part of a password."""
    if parts.get("sslmode", "require") not in _SSL_MODES:
        return "an sslmode that libpq does not know"
    ports = [port for port in parts.get("port", "").split(",") if port]
    if not all(re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= _PORT_MAX for port in ports):
        return f"a port that is not a number from 1 to {_PORT_MAX}"
    wrong = [word for word in _NUMBERS if not re.fullmatch(r"-?[0-9]{1,9}", parts.get(word, "0"))]
    return f"a {wrong[0]} that is not a whole number" if wrong else None


def _mask_secrets(parts: Mapping[str, object]) -> None:
    """Keep out of the log: the password, as it is and as a URL writes it, and the hosts' full names and addresses."""
    password = str(parts.get("password") or "")
    logs.mask_secret(password)
    logs.mask_secret(quote(password, safe=""))
    for host in _split_hosts(parts):
        # A single word ("database", "localhost") stands in too many innocent lines.
        if "." in host and not host.startswith(("/", "127.0.0.")):
            logs.mask_secret(host)


def _split_hosts(parts: Mapping[str, object]) -> list[str]:
    return str(parts.get("host") or "").split(",")


def _translate_word(word: str) -> str | None:
    name, _, value = word.partition("=")
    if name == "uselibpqcompat":
        return None
    if word == "sslmode=no-verify" or (name == "ssl" and value in {"true", "1"}):
        return "sslmode=require"
    return word


def _describe_refusal(driver_text: str) -> str:
    """Return what libpq refused without its own text, which may hold the password."""
    unknown = re.search(r'invalid URI query parameter: "([A-Za-z_]{1,40})"', driver_text)
    if unknown:
        return f"has the unknown parameter {unknown[1]}"
    return "can't be read: compare it with the example in .env.example"


def may_be_read(url: str) -> bool:
    """Return whether what is sent to the server of a PostgreSQL URL can be read on the way: TLS is not demanded."""
    parts = conninfo_to_dict(parse_url(url))
    named = str(parts.get("hostaddr") or parts.get("host") or "").split(",")
    hosts = [host for host in named if host and not host.startswith(("/", "@"))]  # else a socket of this machine
    mode = parts.get("sslmode") or os.environ.get("PGSSLMODE", "prefer")
    return mode in {"disable", "allow", "prefer"} and not all(map(is_loopback, hosts))


def add_pool_options(conninfo: str, settings: Settings, *, wanted_server: str = "read-write") -> str:
    """Add what every pooled connection wants: time-outs, keepalives, UTC, and usually a server that takes writes.

    What the URL itself says goes first, but for the schema: the migrations make everything in `public`.
    """
    given = conninfo_to_dict(conninfo)
    options = (
        f"-c statement_timeout={settings.database_statement_timeout_ms} -c lock_timeout={_LOCK_TIMEOUT_MS}"
        f" -c idle_in_transaction_session_timeout={_IDLE_IN_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
        f" {_SERVER_WAITS} {_PLANNING} -c search_path=public"
    )
    own = str(given.get("options") or "")
    if "search_path" in own:
        parsed = session_options.parse_options(own)
        own = session_options.format_options([one for one in parsed if one[0].lower() != "search_path"])
    wanted: Mapping[str, str | int] = {
        "application_name": "shareable-linear-backlog",
        # libpq gives it to each host; below 2 s it does nothing.
        "connect_timeout": max(2, int(settings.database_connect_timeout_s / len(_split_hosts(given)))),
        "tcp_user_timeout": _TCP_USER_TIMEOUT_MS,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "target_session_attrs": wanted_server,
        # What the server would choose is no text to the driver where the database has no encoding (SQL_ASCII).
        "client_encoding": "UTF8",
    }
    merged = {**wanted, **given, "options": f"{options} {own}".strip()}
    return make_conninfo("", **merged)


def name_database(settings: Settings) -> str:
    """Return what tells the database in use from others, whoever signs in to it and by which password."""
    if settings.database_url is None:
        return "embedded"
    parts = conninfo_to_dict(parse_url(settings.database_url.reveal()))
    return " ".join(str(parts.get(word) or "") for word in ("host", "hostaddr", "port", "dbname"))
