"""Make mirrors of 10,000, 100,000 and 1,000,000 items to measure with, and keep them for the next time.

They live in an embedded server of their own in the user's cache folder, which is named by what they are made of: the
migrations, the texts and this program. An item is the same in each of them: one of 12 teams (one of them private), 84
states, 300 people, 400 projects, 200 labels; a title of some 35 characters, a description of up to 3,000 made of
sentences of the sample backlog; 60 in 100 are done, 20 archived. 20 items in all are about an albatross, one in 300
about a kingfisher, one in 5 about a heron.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from random import Random

import psycopg
from platformdirs import site_cache_path, user_cache_path
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from shareable_backlog.database import migrate
from shareable_backlog.database.embedded import embedded_server
from shareable_backlog.database.migrate import locate_migrations
from shareable_backlog.database.search import folding
from tests.support.signed_in import let_in

_HERE = Path(__file__).parent
_STATEMENTS = _HERE / "backlogs.sql"
_SAMPLE = _HERE.parents[1] / "database" / "seeds" / "sample.json"
_PIECES = 4_000
_LONGEST_PIECE = 1_500
_QUICKLY = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_wal_size=8GB", "-c", "checkpoint_timeout=1h")
# For the 5 GB of the mirrors; PostgreSQL's manual advises a quarter of the memory.
_AS_ADVISED = ("-c", "shared_buffers=2GB")
_VERBS = (
    "Add", "Fix", "Move", "Show", "Hide", "Split", "Rename", "Explain", "Speed up", "Retire",
    "Check", "Send", "Sort", "Print", "Count", "Translate", "Restore", "Import", "Lock", "Draw",
)  # fmt: skip
_THINGS = (
    "search", "invoices", "the calendar", "sign-in", "the export", "reminders", "the map", "receipts", "the queue",
    "the menu", "checklists", "photos", "signatures", "routes", "stock levels", "the price list", "backups",
    "the depot's printers", "customer notes", "holidays", "working hours", "damage reports", "the start page",
    "spare parts", "the logbook",
)  # fmt: skip
_ENDS = (
    "on phones", "for managers", "after midnight", "when offline", "in the archive", "without a name", "in French",
    "for the night shift", "before an audit", "on slow lines", "with two screens", "by keyboard alone",
    "for new customers", "when a tablet is lost", "in the second depot", "after a restart", "for subcontractors",
    "on the first of the month", "while somebody else is typing", "if the address is wrong", "in large print",
    "across time zones", "on the map", "with gloves on", "for the yearly report", "when the battery is low",
    "in the weekly mail", "before it is paid", "after a change of driver", "with a bad camera", "for readers only",
    "on Sundays", "with long names", "in the quiet hours", "without a project", "for two teams at once",
    "when the disk is full", "in test orders", "after an import", "as a table",
)  # fmt: skip


@contextmanager
def databases(*sizes: int) -> Generator[Mapping[int, str]]:
    """Yield the connection strings of mirrors of these sizes, which are made first if they are not there.

    Personas alice and bob are signed in, and so are 200 more viewers with the cookies of `viewer_cookies`.
    """
    folder = _folder()
    missing = [size for size in sizes if not (folder / _mark(size)).exists()]
    if missing:
        _forget_others(folder)
        with embedded_server.run_server(folder, options=_QUICKLY) as conninfo:
            for size in missing:
                _make(conninfo, size)
                (folder / _mark(size)).touch()
    with embedded_server.run_server(folder, options=_AS_ADVISED) as conninfo:
        found = {size: make_conninfo(conninfo, dbname=_name(size)) for size in sizes}
        for one in found.values():
            _wake(one)
        yield found


def log_of_server() -> Path:
    """Return the file that the server of the mirrors writes its log to."""
    return _folder() / "postgres.log"


def viewer_cookies() -> list[str]:
    """Return the Cookie headers of 200 viewers."""
    return [f"slb_session=session-of-viewer-{number}" for number in range(1, 201)]


def _folder() -> Path:
    made_of = [Path(__file__), _STATEMENTS, _SAMPLE, *sorted(Path(locate_migrations()).glob("*.sql"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest()[:12]
    # PostgreSQL never runs as root, and its account can't enter root's own folders.
    cache_path = site_cache_path if os.geteuid() == 0 else user_cache_path
    return cache_path("shareable-linear-backlog", appauthor=False) / "benchmarks" / f"backlogs-{digest}"


def _mark(size: int) -> str:
    return f"{_name(size)}.made"


def _name(size: int) -> str:
    return f"items_{size}"


def _forget_others(folder: Path) -> None:
    """Remove mirrors that were made of something else, as they are large."""
    for other in folder.parent.glob("backlogs-*"):
        if other != folder and embedded_server.inspect_server(other).pid is None:
            shutil.rmtree(other, ignore_errors=True)


def _make(server: str, size: int) -> None:
    name = Identifier(_name(size))
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        admin.execute(SQL("CREATE DATABASE {}").format(name))
    conninfo = make_conninfo(server, dbname=_name(size))
    migrate.apply_migrations(conninfo)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("SET work_mem = '256MB'")
        _copy(connection)
        with _without_indexes(connection), connection.transaction():
            # Parameters are put in here, so that it may be many statements.
            text = _STATEMENTS.read_text().replace("%(items)s", str(size)).replace("%%", "%")
            connection.execute(text.encode())
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _copy(connection: psycopg.Connection) -> None:
    """Put the texts to choose from into temporary tables, each with its words as the product finds them."""
    connection.execute("CREATE TEMP TABLE titles (n INTEGER, title TEXT, words TSVECTOR)")
    connection.execute("CREATE TEMP TABLE pieces (n INTEGER, body TEXT, words TSVECTOR)")
    with connection.cursor() as cursor:
        with cursor.copy("COPY titles FROM STDIN") as copy:
            for number, title in enumerate(_titles()):
                copy.write_row((number, title, _vector(title, "A")))
        with cursor.copy("COPY pieces FROM STDIN") as copy:
            for number, body in enumerate(_pieces()):
                copy.write_row((number, body, _vector(body, "B")))
    connection.execute("ANALYZE titles, pieces")


def _titles() -> list[str]:
    titles = [" ".join(words) for words in product(_VERBS, _THINGS, _ENDS)]
    Random(1).shuffle(titles)  # noqa: S311 (the same texts each time)
    return titles


def _pieces() -> Iterator[str]:
    """Yield halves of descriptions: up to 1,500 characters, most of them a few sentences."""
    random = Random(2)  # noqa: S311 (the same texts each time)
    sentences = list(_sentences())
    for _ in range(_PIECES):
        chosen = random.choices(sentences, k=1 + int(random.expovariate(0.15)))
        # The words that only few items have: numbers of faults, names of files.
        chosen.insert(random.randrange(len(chosen)), f"See F{random.randrange(30_000)}.")
        lines = [sentence + random.choice((" ", " ", "\n\n")) for sentence in chosen]
        yield "".join(lines)[:_LONGEST_PIECE].strip()


def _sentences() -> Iterable[str]:
    sample = json.loads(_SAMPLE.read_text(encoding="utf-8"))
    texts = [issue["description"] or "" for issue in sample["issues"]] + [one["body"] for one in sample["comments"]]
    for text in texts:
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
            if re.fullmatch(r"[A-Z][^|`<>\[\]*#]{15,}[.!?]", sentence):
                yield sentence


def _vector(text: str, weight: str) -> str:
    return " ".join(f"{word}:{at}{weight}" for at, word in enumerate(folding.split_words(text), 1))


@contextmanager
def _without_indexes(connection: psycopg.Connection) -> Generator[None]:
    """Drop the indexes of the large tables meanwhile, as making them of all rows at once is quicker."""
    found = connection.execute(
        """
        SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND indexname LIKE 'idx\\_%'
          AND tablename IN ('backlog_items', 'search_entries', 'comments', 'field_changes')
        """
    ).fetchall()
    for name, _ in found:
        connection.execute(SQL("DROP INDEX {}").format(Identifier(name)))
    yield
    for _, definition in found:
        connection.execute(definition)


def _wake(conninfo: str) -> None:
    """Let the mirror be fresh and its people signed in, however long ago it was made."""
    let_in(conninfo)
    with contextlib.closing(psycopg.connect(conninfo, autocommit=True)) as connection:
        connection.execute("UPDATE sessions SET created_at = now(), last_seen_at = now()")
        connection.execute("UPDATE sync_history SET started_at = now(), completed_at = now()")
