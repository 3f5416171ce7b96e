"""Find the migration files, read their two parts, and write new ones.

The format is node-pg-migrate's: `NNN_what-it-does.sql` with an `-- Up Migration` and a `-- Down Migration`
line. The first line that begins with each of them counts, wherever it stands (also inside a string or a
function's body), because the other tool reads it so; a second one is a comment.
"""

import re
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from shareable_backlog.errors import InvalidInput, MigrationFailed

# The ledger's column holds 255 characters, and so does a file name with its suffix.
_LONGEST_NAME = 251
_FILE_NAME = re.compile(r"(\d{1,18})_[a-z0-9]+(?:-[a-z0-9]+)*\.sql")
_UP = re.compile(r"^\s*--[\s-]*up\s+migration", re.IGNORECASE | re.MULTILINE)
_DOWN = re.compile(r"^\s*--[\s-]*down\s+migration", re.IGNORECASE | re.MULTILINE)
_NEW_FILE = "-- Up Migration\n\n-- Down Migration\n"


class MigrationPart(Struct, frozen=True):
    """The SQL of one direction as it stands in its file, and the line (from 1) on which it begins."""

    text: str
    first_line: int

    def locate_line(self, offset: int) -> int:
        """Return the line of the file on which the character `offset` (from 0) of this part stands."""
        return self.first_line + self.text.count("\n", 0, offset)


class Migration(Struct, frozen=True):
    """One migration file; `name` is its file name without `.sql`, `down` is None if it has no way back.

    The checksum is the same for any line endings, with and without a byte order mark.
    """

    number: int
    name: str
    up: MigrationPart
    down: MigrationPart | None
    checksum: str

    @property
    def file(self) -> str:
        """Return the file's name."""
        return f"{self.name}.sql"


def locate_migrations() -> Path:
    """Return the folder of the product's own migrations: in the wheel, or in the checkout."""
    packaged = Path(__file__).parents[1] / "files" / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "database" / "migrations"


def parse_number(name: str) -> int:
    """Return the number that a migration's name begins with; 0 if it begins with none."""
    digits = re.match(r"\d+", name)
    return int(digits[0]) if digits else 0


def read_migrations(directory: Path) -> list[Migration]:
    """Read every migration of `directory`, by number.

    Files that don't end in `.sql`, and hidden ones, are no migrations. Raises MigrationFailed for a folder or
    file that can't be read, a name that breaks the rule, and a number that stands twice.
    """
    try:
        paths = [path for path in directory.iterdir() if path.is_file()]
        migrations = [_read_migration(path) for path in paths if _is_migration(path.name)]
    except OSError as error:
        raise MigrationFailed(f"The migrations can't be read ({error.strerror}).") from None
    by_number: dict[int, Migration] = {}
    for migration in sorted(migrations, key=lambda migration: migration.name):
        other = by_number.setdefault(migration.number, migration)
        if other is not migration:
            raise MigrationFailed(
                f"{other.file} and {migration.file} have the same number: give one of them another."
            )
    return [by_number[key] for key in sorted(by_number)]


def _is_migration(file_name: str) -> bool:
    if file_name.startswith(".") or not file_name.lower().endswith(".sql"):
        return False
    if not _FILE_NAME.fullmatch(file_name) or len(file_name) > _LONGEST_NAME + len(".sql"):
        raise MigrationFailed(
            f"The migration file {file_name!r} is misnamed: call it like 009_add-column.sql,"
            f" in small letters, digits and hyphens, at most {_LONGEST_NAME} of them."
        )
    return True


def _read_migration(path: Path) -> Migration:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MigrationFailed(f"{path.name} is not UTF-8 text: save it as UTF-8.") from None
    if "\0" in text:
        raise MigrationFailed(f"{path.name} contains a NUL character, which SQL doesn't allow.")
    up, down = _split_parts(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return Migration(parse_number(path.name), path.stem, up, down, sha256(lines.encode()).hexdigest())


def _split_parts(text: str) -> tuple[MigrationPart, MigrationPart | None]:
    """Cut a file at its markers, in either order; without an up marker all before the down marker is up."""
    up_marker, down_marker = _UP.search(text), _DOWN.search(text)
    up_at = up_marker.start() if up_marker else 0
    if down_marker is None:
        return _build_part(text, up_at, len(text)), None
    down_at = down_marker.start()
    if down_at < up_at:
        return _build_part(text, up_at, len(text)), _build_part(text, down_at, up_at)
    return _build_part(text, up_at, down_at), _build_part(text, down_at, len(text))


def _build_part(text: str, start: int, end: int) -> MigrationPart:
    return MigrationPart(text[start:end], text.count("\n", 0, start) + 1)


def create_migration(name: str, directory: Path) -> Path:
    """Write an empty migration with the next number and both markers, and return its path.

    What is neither letter nor digit in `name` becomes a hyphen. Raises InvalidInput for a name without any,
    or too long; MigrationFailed for a folder that can't be read or written.
    """
    words = "-".join(re.findall(r"[a-z0-9]+", name.lower()))
    names = [migration.name for migration in read_migrations(directory)]
    width = max([3, *(len(name.partition("_")[0]) for name in names)])
    next_number = max([0, *(parse_number(name) for name in names)]) + 1
    stem = f"{next_number:0{width}}_{words}"
    if not words or len(stem) > _LONGEST_NAME:
        raise InvalidInput(f"A migration's name is 1 to {_LONGEST_NAME - width - 1} letters, digits and hyphens.")
    path = directory / f"{stem}.sql"
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(_NEW_FILE)
    except OSError as error:
        raise MigrationFailed(f"{path.name} can't be written ({error.strerror}).") from None
    return path
