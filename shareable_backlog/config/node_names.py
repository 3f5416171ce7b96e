"""Understand the Node service's own names in its environment file, where ours mean the same."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from shareable_backlog import logs
from shareable_backlog.config import values
from shareable_backlog.config.env_file import read_env_file

_LOG = logs.get_logger(__name__)

_OURS = {"SESSION_SECRET": "SECRET_KEY", "SEED_ADMIN_EMAIL": "ADMIN_EMAILS", "SYNC_CRON_SCHEDULE": "SYNC_INTERVAL_S"}
_INSTEAD = {"SECRET_KEY": ("SECRET_KEY", "SECRET_KEY_FILE", "SECRET_KEYS", "SECRET_KEYS_FILE")}
_WITHOUT_MEANING = {
    "LINEAR_PROJECT_ID": "it counts for `slb migrate adopt`; then Admin, Groups says who sees which project",
    "NEW_ITEM_DAYS_THRESHOLD": "what is new is told by each person's own last visit",
    "NODE_ENV": "slb serve is made for production, slb serve --dev for developers",
}
_OF_OTHERS_TOO = ("NODE_ENV",)
_EVERY_MINUTES = re.compile(r"(?:0 )?\*/(\d{1,2}) \* \* \* \*")
_EVERY_HOURS = re.compile(r"(?:0 )?\d{1,2} \*/(\d{1,2}) \* \* \*")
_HOURLY = re.compile(r"(?:0 )?\d{1,2} \* \* \* \*")
_DAILY = re.compile(r"(?:0 )?\d{1,2} \d{1,2} \* \* \*")
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


def add_translated(given: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with what the Node service's names say of ours, where ours are not set."""
    return dict(given) | {
        ours: text
        for name, ours in _OURS.items()
        if name in given and not any(other in given for other in _INSTEAD.get(ours, (ours,)))
        if (text := _translate(name, given[name])) is not None
    }


def list_names_for(ours: str) -> list[str]:
    """Return the Node service's names that are read as our setting where that is not set."""
    return [name for name, translated in _OURS.items() if translated == ours]


def _translate(name: str, text: str) -> str | None:
    """Return the text for our name; None where it can't say the same."""
    if name == "SYNC_CRON_SCHEDULE":
        interval_s = derive_interval_s(text)
        return None if interval_s is None else str(interval_s)
    try:
        values.parse_secret_key(text) if name == "SESSION_SECRET" else values.parse_emails(text)
    except ValueError:
        return None
    return text


def derive_interval_s(cron: str) -> int | None:
    """Return how many seconds pass between two times of a cron expression; None for one that is no plain interval."""
    words = " ".join(cron.split())
    for pattern, unit_s in ((_EVERY_MINUTES, _MINUTE_S), (_EVERY_HOURS, _HOUR_S)):
        if found := pattern.fullmatch(words):
            return int(found[1]) * unit_s or None
    if words in {"* * * * *", "0 * * * * *"}:
        return _MINUTE_S
    return _HOUR_S if _HOURLY.fullmatch(words) else _DAY_S if _DAILY.fullmatch(words) else None


def read_project_id() -> str | None:
    """Return the one project that the Node service showed; None if its environment does not say."""
    return (_read_given().get("LINEAR_PROJECT_ID") or "").strip() or None


def log_names() -> None:
    """Say in the log which of the Node service's names were understood as ours, and which mean nothing here."""
    given = _read_given()
    translated = add_translated(given)
    for name, ours in _OURS.items():
        if name in given and ours in translated and ours not in given:
            _LOG.info("name_understood", name=name, note=f"it is read as {ours}: call it so")
        elif name in given and ours not in given:
            _LOG.warning("name_not_understood", name=name, note=f"its value is none that {ours} takes: set that")
    # In the environment of other programs NODE_ENV says nothing of that service.
    of_others = set(_OF_OTHERS_TOO) - read_env_file(Path(".env")).keys()
    for name, note in _WITHOUT_MEANING.items():
        if name in given and name not in of_others:
            _LOG.info("name_without_meaning", name=name, note=note)


def _read_given() -> dict[str, str]:
    return {name: text for name, text in (read_env_file(Path(".env")) | os.environ).items() if text}
