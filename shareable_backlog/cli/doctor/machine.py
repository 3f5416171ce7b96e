"""Check what this machine has for the program: its environment, the files of secrets, room on the disk."""

import os
import shutil
from pathlib import Path

from shareable_backlog import config
from shareable_backlog.cli.doctor.finding import Finding
from shareable_backlog.config import Settings, secret_key, sources

_LITTLE_ROOM, _NO_ROOM = 2 * 10**9, 2 * 10**8


def check_spelling(settings: Settings) -> Finding:
    """Return which names in the environment look like a slip; `.env` with one is not even read."""
    slips = sources.find_slips(os.environ)
    if slips:
        named = ", ".join(f"{name} (did you mean {nearest}?)" for name, nearest in slips.items())
        return Finding("settings", "warn", f"No setting has the name {named}", "call it so, or leave it out")
    return Finding("settings", "ok", f"{len(settings.given)} set, all others as by default (`slb config`)")


def check_secrets(settings: Settings) -> Finding:
    """Return which secrets are set, never what they are, and whether the key of the installation lasts."""
    given = [name for name in config.SECRET_NAMES if name in settings.given]
    named = ", ".join(given) or "none set"
    if settings.secret_key is not None:
        return Finding("secrets", "ok", named)
    if not os.access(settings.data_dir / secret_key.FILE, os.F_OK):
        if _find_obstacle(_find_folder(settings)):
            what = f"{named}; SECRET_KEY is not set, and none can be kept."
            return Finding("secrets", "fail", what, "set SECRET_KEY, or have SLB_DATA_DIR be written")
        return Finding("secrets", "ok", f"{named}; SECRET_KEY is made at the first start, in SLB_DATA_DIR")
    kept = f"{named}; SECRET_KEY is the file {secret_key.FILE} in SLB_DATA_DIR"
    if settings.database_url is None:
        return Finding("secrets", "ok", kept)
    return Finding("secrets", "warn", f"{kept}, which has to last.", "set SECRET_KEY to what that file holds")


def check_disk(settings: Settings) -> Finding:
    """Return whether SLB_DATA_DIR, or where that would be made, can be written, and how much room there is."""
    folder = _find_folder(settings)
    if obstacle := _find_obstacle(folder):
        is_needed = settings.database_url is None or settings.secret_key is None
        fix = "set SLB_DATA_DIR to a folder that this user may write to"
        return Finding("disk", "fail" if is_needed else "warn", f"SLB_DATA_DIR {obstacle}.", fix)
    free = shutil.disk_usage(folder).free
    words = f"{free / 10**9:.1f} GB are free for SLB_DATA_DIR"
    fix = "make room there, or set SLB_DATA_DIR to a folder on another disk"
    if free < _NO_ROOM:
        return Finding("disk", "fail", f"{words}.", fix)
    return Finding("disk", "warn", f"{words}.", fix) if free < _LITTLE_ROOM else Finding("disk", "ok", words)


def _find_folder(settings: Settings) -> Path:
    """Return SLB_DATA_DIR, or what there is of the way to it."""
    wanted = settings.data_dir.absolute()
    return next(path for path in (wanted, *wanted.parents) if os.access(path, os.F_OK))


def _find_obstacle(folder: Path) -> str | None:
    """Return why nothing can be kept in a folder, as the rest of a sentence; None if it can. Nothing is tried."""
    if not folder.is_dir():
        return "is no folder, or lies below a file"
    if os.access(folder, os.W_OK | os.X_OK):
        return None
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return "is on a file system that can only be read"
    return "can't be written by this user"
