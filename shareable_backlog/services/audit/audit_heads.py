"""Remember outside of the database how far the audit log went, so that rows cut off at its end are missed."""

import hashlib
import re
import tempfile
from pathlib import Path

from msgspec import Struct

from shareable_backlog import logs
from shareable_backlog.config import Settings
from shareable_backlog.database.connection import conninfo
from shareable_backlog.errors import InvalidInput
from shareable_backlog.process_state import ProcessState

_LOG = logs.get_logger(__name__)
_HEAD = re.compile(r"(0|[1-9][0-9]{0,18}):([0-9a-f]{64})")
_HAS_WARNED = ProcessState(bool)


class AuditHead(Struct, frozen=True):
    """How far the record went: the place of its last row, and the hash of the seal that ends there."""

    position: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.hash.hex()}"


def parse_head(text: str) -> AuditHead:
    """Read POSITION:HASH, as `slb audit verify` prints it; raises InvalidInput."""
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(
            "That is no head of the audit log: it looks like 1234:9f86…, 64 digits and letters after the colon."
        )
    return AuditHead(int(found[1]), bytes.fromhex(found[2]))


def locate_head_file(settings: Settings) -> Path:
    """Return where the head of the database in use is remembered; another database has another file."""
    name = hashlib.sha256(conninfo.name_database(settings).encode()).hexdigest()[:12]
    return settings.data_dir / f"audit_head-{name}"


def read_remembered(file: Path) -> AuditHead | None:
    """Return the head that was remembered; None when there is none, or the file can't be understood."""
    try:
        return parse_head(file.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, InvalidInput):
        return None


def write_head(file: Path, head: AuditHead) -> None:
    """Write the head, whole or not at all; what can't be written is said in the log once."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f"{file.name}.", delete=False) as unfinished:
            try:
                unfinished.write(f"{head}\n")
                unfinished.flush()
                Path(unfinished.name).replace(file)
            except OSError:
                Path(unfinished.name).unlink()
                raise
    except OSError as error:
        if not _HAS_WARNED.value:
            _HAS_WARNED.value = True
            _LOG.warning("audit_head_not_remembered", reason=error.strerror)
