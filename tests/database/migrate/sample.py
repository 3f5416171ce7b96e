"""Write small migrations and look at what they did."""

from pathlib import Path
from typing import Any, LiteralString

import psycopg


def write(folder: Path, name: str, up: str, down: str | None = None) -> Path:
    path = folder / f"{name}.sql"
    text = f"-- Up Migration\n{up}\n"
    path.write_text(text if down is None else f"{text}\n-- Down Migration\n{down}\n", encoding="utf-8")
    return path


def rows(conninfo: str, query: LiteralString) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(query).fetchall()


def tables(conninfo: str) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    return [name for (name,) in rows(conninfo, query) if name != "pgmigrations"]


def ledger(conninfo: str) -> list[str]:
    return [name for (name,) in rows(conninfo, "SELECT name FROM pgmigrations ORDER BY run_on, id")]


def execute(conninfo: str, query: LiteralString) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute(query)
