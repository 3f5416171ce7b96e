"""Say in a backup what it holds: a line after what pg_dump wrote, which pg_restore does not read."""

import hashlib
import stat
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from shareable_backlog.errors import BackupFailed

_BEGINNING = b"\n-- slb backup: "
# A table takes some 30 bytes.
_LONGEST = 65_536
_USE_ANOTHER = "Nothing was changed; use another backup, or take a new one."

BackupScope = Literal["all", "without mirror"]


class BackupManifest(Struct, frozen=True, kw_only=True):
    """What a backup says of itself: the rows of each table, and what pg_dump's part of the file has to be."""

    made_at: datetime
    version: str
    scope: BackupScope
    rows: dict[str, int]
    size_bytes: int
    sha256: str


def count_rows(connection: Connection) -> dict[str, int]:
    """Count the rows of each table, by its name."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    counts: dict[str, int] = {}
    for (table,) in tables:
        count = SQL("SELECT count(*) FROM public.{}").format(Identifier(table))
        [(counts[table],)] = connection.execute(count).fetchall()
    return counts


def add_manifest(file: Path, manifest: BackupManifest) -> None:
    """Write it at the end of the file."""
    with file.open("ab") as stream:
        stream.write(_BEGINNING + msgspec.json.encode(manifest) + b"\n")


def require_file(file: Path) -> None:
    """Raise BackupFailed unless there is a file of that name, which can be read more than once."""
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise BackupFailed(f"The file can't be read: {error.strerror}. Nothing was changed.") from None
    if not stat.S_ISREG(mode):
        raise BackupFailed("That is no file but a folder, a pipe or a device. Nothing was changed.")


def read_manifest(file: Path) -> BackupManifest | None:
    """Return what the file says of itself; None if that is missing, as in a file that was cut off.

    Backups of earlier versions have none either. Raises BackupFailed if the file is not what it says.
    """
    require_file(file)
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - _LONGEST))
            _, beginning, text = stream.read().rpartition(_BEGINNING)
    except OSError as error:
        raise BackupFailed(f"The file can't be read: {error.strerror}. Nothing was changed.") from None
    if not beginning:
        return None
    try:
        manifest = msgspec.json.decode(text, type=BackupManifest)
    except msgspec.DecodeError:
        raise BackupFailed(f"What the backup says of itself is damaged. {_USE_ANOTHER}") from None
    if hash_beginning(file, manifest.size_bytes) != manifest.sha256:
        raise BackupFailed(f"The file is not what was written as the backup. {_USE_ANOTHER}")
    return manifest


def hash_beginning(file: Path, size: int) -> str:
    """Return the SHA-256 of the first `size` bytes."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while size > 0 and (chunk := stream.read(min(size, 1 << 20))):
            digest.update(chunk)
            size -= len(chunk)
    return digest.hexdigest()
