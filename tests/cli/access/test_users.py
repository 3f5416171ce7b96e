"""People by the command line: `slb users`."""

import json
from pathlib import Path

import psycopg
import pytest

from tests.conftest import as_url
from tests.support import running_site
from tests.support.served import slb
from tests.support.signed_in import let_in


@pytest.fixture
def site(database: str, tmp_path: Path) -> tuple[Path, str]:
    return tmp_path, as_url(database)


def run(site: tuple[Path, str], *words: str) -> tuple[int, str]:
    return slb(site[0], *words, DATABASE_URL=site[1])


def test_the_first_admin_comes_from_the_command_line_and_signs_in_once(site: tuple[Path, str], database: str) -> None:
    assert run(site, "users", "create", "alice@example.com", "--admin") == (
        0,
        "alice@example.com can sign in, as an admin.\n",
    )
    code, link = run(site, "users", "login-link", "Alice@example.com")
    assert (code, link.startswith("http://127.0.0.1:8000/sign-in/link/")) == (0, True)
    with running_site.run_site(database) as running:
        path = link.strip().removeprefix("http://127.0.0.1:8000")
        page = running.get(path)
        assert page.status_code == 200
        browser = dict([page.headers.get_list("set-cookie")[0].partition(";")[0].split("=", 1)])
        csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        used = running.ask("POST", path, browser=browser, data={"csrf": csrf}, origin=running.base_url)
        assert used.status_code == 303
        assert running.get(path).status_code == 403


def test_a_link_for_nobody_says_what_to_do(site: tuple[Path, str]) -> None:
    code, said = run(site, "users", "login-link", "nobody@example.com")
    assert (code, "Add them with `slb users create`" in said) == (1, True)


def test_people_are_listed_and_decided_of(site: tuple[Path, str], database: str) -> None:
    let_in(database, "alice", "carol")
    assert run(site, "users", "approve", "carol@example.com", "--everything") == (
        0,
        "carol@example.com: approved, and sees everything that is shown.\n",
    )
    code, said = run(site, "users", "approve", "carol@example.com", "--nothing")
    assert (code, "left as they are" in said) == (1, True)
    listed = [json.loads(line) for line in run(site, "users", "list", "--json")[1].splitlines()]
    assert {one["email"]: one["state"] for one in listed} == {
        "alice@example.com": "active",
        "carol@example.com": "active",
    }
    assert "last active admin" in run(site, "users", "disable", "alice@example.com")[1]


def test_an_address_that_looks_like_anothers_is_listed_in_ascii(site: tuple[Path, str], database: str) -> None:
    let_in(database, "alice")
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@ex\u0430mple.com'), ('\u202ebob@example.com')")
    lines = run(site, "users", "list")[1].splitlines()
    assert [(line.split()[0], line.partition("looks like ")[2]) for line in lines] == [
        ("\\u202ebob@example.com", ""),
        ("alice@xn--exmple-4nf.com", "alice@example.com"),
        ("alice@example.com", ""),
    ]


def test_everything_is_recorded_as_the_operators(site: tuple[Path, str], database: str) -> None:
    let_in(database, "alice", "carol")
    run(site, "users", "decline", "carol@example.com", "--reason", "unknown")
    run(site, "users", "delete", "carol@example.com", "--yes")
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT action, actor_email FROM audit_logs ORDER BY id").fetchall()
    assert rows == [("person.declined", "operator"), ("person.deleted", "operator")]


def test_a_person_is_not_deleted_by_a_slip(site: tuple[Path, str]) -> None:
    code, said = run(site, "users", "delete", "carol@example.com")
    assert code == 2
    assert "deletes carol@example.com for good" in said


def test_nobody_is_let_in_without_a_word_on_what_they_see(site: tuple[Path, str], database: str) -> None:
    let_in(database, "alice", "carol")
    code, said = run(site, "users", "approve", "carol@example.com")
    assert (code, "one of the arguments --everything --group --nothing is required" in said) == (2, True)
    code, said = run(site, "users", "create", "frank@example.com")
    assert (code, "--everything, --group NAME or --nothing" in said) == (2, True)
    code, said = run(site, "users", "approve", "carol@example.com", "--group", "Partners")
    assert (code, "There is no group “Partners”" in said) == (1, True)
    listed = [json.loads(line) for line in run(site, "users", "list", "--json")[1].splitlines()]
    assert {one["email"]: one["state"] for one in listed} == {
        "alice@example.com": "active",
        "carol@example.com": "pending",
    }


def test_what_people_see_is_said_in_one_step_and_listed(site: tuple[Path, str], database: str) -> None:
    let_in(database, "carol")
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO viewer_groups (name) VALUES ('Partners'), ('Field staff')")
    groups = ("--group", "Partners", "--group", "Field staff")
    assert run(site, "users", "approve", "carol@example.com", *groups) == (
        0,
        "carol@example.com: approved, and sees what Partners and Field staff see.\n",
    )
    assert run(site, "users", "create", "frank@example.com", "--nothing") == (
        0,
        "frank@example.com can sign in, but sees nothing yet.\n",
    )
    assert run(site, "users", "share", "frank@example.com", "--everything") == (
        0,
        "frank@example.com: saved, and sees everything that is shown.\n",
    )
    assert run(site, "users", "share", "frank@example.com", "--nothing")[0] == 0
    assert run(site, "users", "share", "frank@example.com")[0] == 2
    lines = run(site, "users", "list")[1].splitlines()
    assert [(line.split()[0], line.partition("  sees ")[2]) for line in lines] == [
        ("frank@example.com", "nothing"),
        ("carol@example.com", "Field staff, Partners"),
    ]
    listed = [json.loads(line) for line in run(site, "users", "list", "--json")[1].splitlines()]
    assert [(one["sees_everything"], one["groups"]) for one in listed] == [
        (False, []),
        (False, ["Field staff", "Partners"]),
    ]
