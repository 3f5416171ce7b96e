"""Control characters in whatever others wrote: none stand in what the program says."""

import logging
import re
from collections.abc import Generator
from pathlib import Path
from typing import Literal

import psycopg
import pytest
from psycopg import sql

from shareable_backlog import logs
from shareable_backlog.cli import outputs
from shareable_backlog.mail.message import MailMessage, build_mail
from shareable_backlog.sync import sample
from tests.conftest import as_url, create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.served import slb
from tests.support.signed_in import let_in

EVIL = "\x1b[31m\x07\x08\x7f\x9bK"
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]")
WRITTEN = ("name", "title", "description", "body", "display_name", "access_note", "content", "email")
TABLES = (
    "teams", "workflow_states", "labels", "projects", "project_milestones", "cycles", "people", "initiatives",
    "project_updates", "initiative_updates",
    "backlog_items", "comments", "attachments", "users", "viewer_groups", "published_views",
)  # fmt: skip
PAGES = (
    "/", "/?group=team", "/?q=FLD", "/items/FLD-118", "/timeline", "/roadmap", "/changes", "/done", "/updates",
    "/filters", "/views",
    "/meeting", "/account", "/about",
    "/admin", "/admin/people", "/admin/people/2", "/admin/audit", "/admin/sharing", "/admin/sync",
    "/export.csv", "/admin/people.csv", "/admin/audit.csv",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    """Yield the program over the sample, in which everything that somebody wrote ends with control characters."""
    with create_database(server, template) as conninfo:
        let_in(conninfo, "alice", "bob", "carol")
        with running_site.run_site(conninfo) as running:
            running.client.portal.call(sample.load_sample)  # type: ignore[union-attr]
            spoil(conninfo)
            yield running


def spoil(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying') AND table_name = ANY (%s) AND column_name = ANY (%s)",
            [list(TABLES), list(WRITTEN)],
        ).fetchall()
        for table, column in columns:
            if (table, column) != ("users", "email"):
                change = sql.SQL("UPDATE {} SET {} = coalesce({}, '') || {}")
                name = sql.Identifier(column)
                connection.execute(change.format(sql.Identifier(table), name, name, sql.Literal(EVIL)))
        connection.execute(
            "INSERT INTO audit_logs (user_id, action, resource, details, user_agent)"
            " SELECT id, 'person.changed', 'user', jsonb_build_object('name', %(evil)s::text), %(evil)s FROM users",
            {"evil": EVIL},
        )
        connection.execute(
            "INSERT INTO sync_history (status, trigger_type, completed_at, error_message, next_step)"
            " VALUES ('failed', 'automatic', now(), %(evil)s, %(evil)s)",
            {"evil": EVIL},
        )


@pytest.mark.parametrize("path", PAGES)
def test_no_page_and_no_export_has_one(site: Site, path: str) -> None:
    answer = site.get(path, "alice")
    assert answer.status_code == 200, path
    assert CONTROLS.search(answer.content) is None


def test_they_are_there_to_be_found(site: Site) -> None:
    assert "\ufffd[31m" in site.get("/items/FLD-118", "alice").text
    assert "\ufffd[31m" in site.get("/admin/people", "alice").text


@pytest.mark.parametrize(
    "words",
    [
        ("users", "list"),
        ("users", "list", "--json"),
        ("sessions", "list"),
        ("audit", "list"),
        ("audit", "list", "--json"),
        ("status",),
        ("sync", "history"),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_no_command_prints_one(site: Site, words: tuple[str, ...], tmp_path: Path) -> None:
    _, said = slb(tmp_path, *words, DATABASE_URL=as_url(site.conninfo))
    assert said
    assert CONTROLS.search(said.encode()) is None
    assert "Traceback" not in said


def test_an_error_that_quotes_one_prints_none(capsys: pytest.CaptureFixture[str]) -> None:
    outputs.complain(f"There is nobody called {EVIL}.")
    assert CONTROLS.search(capsys.readouterr().err.encode()) is None


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_line_of_the_log_has_one(capsys: pytest.CaptureFixture[str], form: Literal["json", "console"]) -> None:
    logs.configure_logs("info", form)
    logs.get_logger("tests").info("seen", name=EVIL, names=[EVIL], by_name={"a": EVIL})
    logging.getLogger("tests").warning("from a library: %s", EVIL)
    said = capsys.readouterr().err
    assert said.count("\n") == 2
    assert CONTROLS.search(said.encode()) is None


def test_no_mail_has_one() -> None:
    mail = build_mail(MailMessage("bob@example.com", f"News of {EVIL}", f"Dear {EVIL},\nnews."), "a@example.com")
    assert CONTROLS.search(mail.get_content().encode()) is None
    assert CONTROLS.search(mail["Subject"].encode()) is None


def test_the_database_still_holds_what_was_written(site: Site) -> None:
    with psycopg.connect(site.conninfo) as connection:
        [(name,)] = connection.execute("SELECT display_name FROM users WHERE email = 'bob@example.com'").fetchall()
    assert name.endswith(EVIL)
