"""Read `.env`, unless somebody else can have written it: it says where the key of Linear is sent."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shareable_backlog.errors import ConfigurationInvalid

if TYPE_CHECKING:
    from dotenv.parser import Binding

_ROOT = 0
_NAME = re.compile(r"[\w.-]+")


def read_env_file(path: Path) -> Mapping[str, str | None]:
    """Return what the file says, nothing if there is none.

    Raises ConfigurationInvalid for a file, or a link to one, that is neither this user's nor root's or that others
    can change, and for one that can't be read, or has lines that set nothing.
    """
    try:
        link = path.lstat()
    except OSError:
        return {}
    from dotenv.parser import parse_stream  # late, for commands that start without a file

    try:
        with path.open(encoding="utf-8") as file:
            # Of the open file, so that it can't be another one than is read.
            danger = _find_owner(link, os.geteuid()) or find_danger(os.fstat(file.fileno()), os.geteuid())
            if danger:
                raise ConfigurationInvalid((f"{path.name} {danger}",))
            bindings = list(parse_stream(file))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        fault = f"{path.name} can't be read: it must be a text file in UTF-8 that this user may open"
        raise ConfigurationInvalid((fault,)) from None
    if lines := [_count_line(one) for one in bindings if not _is_understood(one)]:
        advice = "write NAME=value there, or begin it with # as a comment"
        raise ConfigurationInvalid(
            tuple(f"{path.name} can't be understood in line {line}: {advice}" for line in lines)
        )
    return {one.key: one.value for one in bindings if one.key}


def _is_understood(binding: "Binding") -> bool:
    """Return whether it is a setting, a comment or an empty line; its text is never told, as it may be a secret."""
    if binding.key is None:
        return not binding.error
    return binding.value is not None and bool(_NAME.fullmatch(binding.key))


def _count_line(binding: "Binding") -> int:
    """Return the number of its line: the library counts from the empty lines before it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


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
