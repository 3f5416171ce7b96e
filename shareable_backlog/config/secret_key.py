"""Make the key of an installation at its first start, and keep it in SLB_DATA_DIR, unless SECRET_KEY is set."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from shareable_backlog import logs
from shareable_backlog.config import Secret, Settings, values
from shareable_backlog.errors import ConfigurationInvalid

_LOG = logs.get_logger(__name__)
_LASTS = (
    "SECRET_KEY is not set, so one was made and is kept in SLB_DATA_DIR: where that folder does not last, or other"
    " programs serve the same database, set SECRET_KEY to what its file secret_key holds"
)

FILE = "secret_key"
"""Its name in SLB_DATA_DIR."""


def ensure_secret_key(settings: Settings) -> Settings:
    """Return the settings with a secret key: the one that is set, else the one that is kept.

    That is made at the first start, for the owner's eyes alone. Raises ConfigurationInvalid when none can be kept, or
    the one that is could be guessed.
    """
    if settings.secret_key is not None:
        return settings
    path = settings.data_dir / FILE
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _create_key(path)
            if settings.database_url is not None:  # the embedded one is kept in the same place, or lost with it
                _LOG.warning("secret_key_made", note=_LASTS)
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        fault = (
            f"SLB_DATA_DIR has no readable file secret_key, and none can be made ({reason}):"
            " set SECRET_KEY, or let this user write to that folder"
        )
        raise ConfigurationInvalid((fault,)) from None
    logs.mask_secret(text)
    try:
        return replace(settings, secret_key=values.parse_secret_key(text))
    except ValueError:  # cut off by a full disk or a lost power, or written by hand
        fault = (
            "SLB_DATA_DIR has a file secret_key that could be guessed: delete it, and the next start makes a new one"
        )
        raise ConfigurationInvalid((fault,)) from None


def find_secret_keys(settings: Settings) -> tuple[Secret, ...]:
    """Return the secret keys, the one in use first; none when none is set or kept, and none is made."""
    if settings.secret_key is not None:
        return settings.secret_keys or (settings.secret_key,)
    path = settings.data_dir / FILE
    if not path.exists():
        return ()
    secret_key = ensure_secret_key(settings).secret_key
    return () if secret_key is None else (secret_key,)


def _create_key(path: Path) -> None:
    """Write a new key; of two programs that start at once one's stays, and it is never seen half written."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{FILE}-") as unfinished:
        unfinished.write(secrets.token_hex(32))
        unfinished.flush()
        os.fsync(unfinished.fileno())
        with suppress(FileExistsError):
            os.link(unfinished.name, path)
