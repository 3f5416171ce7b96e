"""Read `.env`, unless somebody else can have written it: it says where the key of Linear is sent."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from shareable_backlog.errors import ConfigurationInvalid

_ROOT = 0


def read_env_file(path: Path) -> Mapping[str, str | None]:
    """Return what the file says, nothing if there is none.

    Raises ConfigurationInvalid for a file, or a link to one, that is neither this user's nor root's or that others
    can change, and for one that can't be read.
    """
    try:
        link = path.lstat()
    except OSError:
        return {}
    from dotenv import dotenv_values  # late, for commands that start without a file

    try:
        with path.open(encoding="utf-8") as file:
            # Of the open file, so that it can't be another one than is read.
            danger = _find_owner(link, os.geteuid()) or find_danger(os.fstat(file.fileno()), os.geteuid())
            if danger:
                raise ConfigurationInvalid((f"{path.name} {danger}",))
            return dotenv_values(stream=file, interpolate=False)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        fault = f"{path.name} can't be read: it must be a text file in UTF-8 that this user may open"
        raise ConfigurationInvalid((fault,)) from None


def find_danger(status: os.stat_result, user: int) -> str | None:
    """Return why a file can't be believed by the user who reads it, as the rest of a sentence; None if it can.

    A group may write when it has the owner's own number, as a user's private group does.
    """
    owner = _find_owner(status, user)
    is_shared = status.st_mode & stat.S_IWOTH or (
        status.st_mode & stat.S_IWGRP and status.st_gid not in {_ROOT, status.st_uid}
    )
    if owner is None and is_shared:
        return (
            "can be changed by other users of this machine, so it was not read and nothing was started:"
            " check what it says, then run `chmod go-w .env`"
        )
    return owner


def _find_owner(status: os.stat_result, user: int) -> str | None:
    if status.st_uid in {_ROOT, user}:
        return None
    return (
        f"belongs to another user (number {status.st_uid}), so it was not read and nothing was started:"
        " start in a folder of your own, or check what it says and make it yours with chown"
    )
