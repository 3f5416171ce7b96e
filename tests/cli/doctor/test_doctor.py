"""`slb doctor` as an operator meets it."""

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from shareable_backlog.cli import main
from shareable_backlog.config import Settings
from shareable_backlog.services.access.sign_in import SAMPLE_ADMIN
from tests.fakes.linear import FakeLinear, Fault, run_linear
from tests.support.signed_in import SECRET_KEY

_RELATIONS = """
    SELECT relname, relkind, relfilenode FROM pg_class
    WHERE relkind IN ('r', 'S') AND relnamespace = 'public'::regnamespace ORDER BY 1
"""


@pytest.fixture(autouse=True)
def linear(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set a fresh migrated database, and a key to a Linear with one public and one private team."""
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.reveal())
    with run_linear() as fake:
        fake.world.add_issue(fake.world.add_team("ENG", "Engineering"))
        fake.world.add_team("OPS", "Operations", visibility="private")
        monkeypatch.setenv("LINEAR_API_URL", fake.url)
        monkeypatch.setenv("LINEAR_API_KEY", fake.key)
        yield fake


def read_everything(connection: psycopg.Connection) -> dict[tuple[Any, ...], Any]:
    """Return each table and sequence with its rows, and who wrote them last.

    Sizes of files would not do: those of what all databases share change as other tests make theirs.
    """
    return {
        relation: connection.execute(
            sql.SQL("SELECT xmin::text, found.* FROM {} AS found ORDER BY ctid").format(sql.Identifier(relation[0]))
        ).fetchall()
        for relation in connection.execute(_RELATIONS).fetchall()
    }


def found(capsys: pytest.CaptureFixture[str], code: int = 0, *options: str) -> dict[str, Any]:
    """Return what each check says, and the teams."""
    assert main(["doctor", "--json", *options]) == code
    printed = json.loads(capsys.readouterr().out)
    return {name: check["what"] for name, check in printed["checks"].items()} | {"teams": printed["teams"]}


def check(capsys: pytest.CaptureFixture[str], name: str, code: int = 0, *options: str) -> tuple[str, str, str | None]:
    """Return the status of a check, what it says, and its fix."""
    assert main(["doctor", "--json", *options]) == code
    one = json.loads(capsys.readouterr().out)["checks"][name]
    return one["status"], one["what"], one["fix"]


def test_it_tells_which_database_is_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    findings = found(capsys)
    assert findings["schema"] == "up to date"
    assert "DATABASE_URL" in findings["database"]
    assert findings["server"].startswith("PostgreSQL")
    assert findings["prepared"] == "yes"


def test_it_tells_that_statements_are_not_prepared_and_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_PREPARED_STATEMENTS", "no")
    assert found(capsys)["prepared"] == "no, as DATABASE_PREPARED_STATEMENTS says"


def test_it_tells_what_the_key_sees(capsys: pytest.CaptureFixture[str]) -> None:
    findings = found(capsys)
    assert findings["workspace"] == "Example (example)"
    assert findings["acts_as"].startswith("Alice Ashby")
    assert findings["sees"] == "2 teams, 1 private"
    assert findings["teams"] == [
        {"key": "ENG", "name": "Engineering", "issues": 1, "private": False},
        {"key": "OPS", "name": "Operations", "issues": 0, "private": True},
    ]


def test_people_read_the_same_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "ENG Engineering: 1 issue\n" in printed
    assert "OPS Operations: 0 issues, private" in printed
    assert "Example (example)" in printed


def test_it_tells_how_much_of_the_budget_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    budget = found(capsys)["budget"]
    assert budget.startswith("2,499 of 2,500 requests and 2,99")
    assert "full again at" in budget


def test_it_advises_a_key_that_can_only_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert "read-only key" in found(capsys)["writes"]


def test_it_advises_against_the_key_of_an_admin(linear: FakeLinear, capsys: pytest.CaptureFixture[str]) -> None:
    linear.world.edit(linear.world.viewer, admin=True)
    assert "an admin" in found(capsys)["acts_as"]


def test_it_says_so_without_a_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("LINEAR_API_KEY")
    assert "no LINEAR_API_KEY" in found(capsys)["linear"]


def test_a_refused_key_exits_1_and_says_what_to_do(linear: FakeLinear, capsys: pytest.CaptureFixture[str]) -> None:
    linear.fail_next(Fault.AUTHENTICATION)
    findings = found(capsys, code=1)
    assert "set LINEAR_API_KEY" in findings["linear"]
    assert findings["schema"] == "up to date"


def test_a_linear_that_errs_is_asked_once(linear: FakeLinear, capsys: pytest.CaptureFixture[str]) -> None:
    linear.fail_next(Fault.BAD_GATEWAY)
    assert "Linear had an internal error" in found(capsys, code=1)["linear"]
    assert len(linear.requests) == 1


def test_a_silent_linear_is_not_waited_for_for_ever(
    linear: FakeLinear, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shareable_backlog.cli.doctor.linear._LONGEST_WAIT_S", 0.3)
    linear.fail_next(Fault.SILENCE)
    assert "within 0.3 s" in found(capsys, code=1)["linear"]


def test_an_application_asks_in_place_of_a_key(
    linear: FakeLinear, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LINEAR_API_KEY")
    monkeypatch.setenv("LINEAR_OAUTH_TOKEN_URL", linear.token_url)
    monkeypatch.setenv("LINEAR_OAUTH_CLIENT_ID", linear.client_id)
    monkeypatch.setenv("LINEAR_OAUTH_CLIENT_SECRET", linear.client_secret)
    findings = found(capsys)
    assert "OAuth" in findings["linear"]
    assert "only read" in findings["writes"]


def test_a_wrong_secret_is_named_and_not_shown(
    linear: FakeLinear, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LINEAR_API_KEY")
    monkeypatch.setenv("LINEAR_OAUTH_TOKEN_URL", linear.token_url)
    monkeypatch.setenv("LINEAR_OAUTH_CLIENT_ID", linear.client_id)
    monkeypatch.setenv("LINEAR_OAUTH_CLIENT_SECRET", "a-secret-of-long-ago")
    findings = found(capsys, code=1)
    assert "LINEAR_OAUTH_CLIENT_SECRET" in findings["linear"]
    assert "a-secret-of-long-ago" not in str(findings)


def test_what_is_unsafe_fails_with_its_fix_when_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    assert "no_tls" not in found(capsys)
    status, _, fix = check(capsys, "no_tls", 1, "--deploy")
    assert (status, fix) == ("fail", "set BASE_URL to the https address at which people reach the backlog")
    assert main(["doctor", "--deploy"]) == 1
    assert "To mend it, set BASE_URL to the https address" in capsys.readouterr().out


def test_a_safe_set_up_is_told_as_such(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("BASE_URL", "https://backlog.example.com")
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1")
    assert check(capsys, "deploy", 0, "--deploy") == ("ok", "nothing unsafe was found", None)


def test_every_line_begins_with_its_status_and_what_is_not_well_says_what_to_do(
    capsys: pytest.CaptureFixture[str], linear: FakeLinear
) -> None:
    linear.fail_next(Fault.AUTHENTICATION)
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "warn", "fail"}
    assert all(("To mend it, " in line) == (not line.startswith("ok")) for line in lines)
    assert [line.split()[1] for line in lines if line.startswith("fail")] == ["linear"]


def test_a_sentence_ends_before_the_one_that_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAR_API_KEYS", "lin_api_0123456789")
    monkeypatch.delenv("LINEAR_API_KEY")
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "no LINEAR_API_KEY: nothing is mirrored. To mend it, make a read-only key" in printed
    assert "(did you mean LINEAR_API_KEY?). To mend it, call it so" in printed
    assert all(before[-1] in ".?!" for before in re.findall(r"(.*) To mend it, ", printed))


def test_settings_that_can_not_be_used_exit_2_with_every_fault(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("LOG_FORMAT", "xml")
    status, what, _ = check(capsys, "settings", 2)
    assert status == "fail"
    assert "PORT should be" in what
    assert "LOG_FORMAT should be" in what
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err.count("slb: ") == 2


def test_it_tells_how_the_database_is_reached(capsys: pytest.CaptureFixture[str]) -> None:
    findings = found(capsys)
    assert findings["connection"].startswith("answers in")
    assert findings["tls"] == "none, and none is needed on this machine"
    assert (findings["encoding"], findings["indexes"]) == ("UTF8", "all valid")
    assert re.fullmatch(r"this machine is \d\.\d s (ahead of|behind) the database", findings["clock"])


def test_it_writes_nothing(
    capsys: pytest.CaptureFixture[str], database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLB_DATA_DIR", str(tmp_path / "data"))
    with psycopg.connect(database, autocommit=True) as connection:
        before = read_everything(connection)
        found(capsys)
        assert read_everything(connection) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "data"])
def test_a_data_folder_that_is_none_ends_no_check(
    below: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("SLB_DATA_DIR", str(tmp_path / "file" / below))
    findings = found(capsys, code=1)
    assert findings["database"].startswith("The data folder can't be used")
    assert findings["workspace"] == "Example (example)"


def test_the_samples_admin_is_unsafe(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.reveal(), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO users (email, is_admin, is_approved) VALUES (%s, true, true)", (SAMPLE_ADMIN,)
        )
    assert check(capsys, "sample_admin", 1, "--deploy")[0] == "fail"


def test_a_record_whose_guards_are_open_exits_1_with_the_fix(
    capsys: pytest.CaptureFixture[str], database: str
) -> None:
    assert found(capsys)["record"] == "guarded and sealed"
    for opening, said in (
        ("ALTER TABLE audit_logs DISABLE TRIGGER guard_audit_log", "guard_audit_log is off"),
        ("GRANT DELETE ON audit_logs TO CURRENT_USER", "DELETE on audit_logs"),
    ):
        with psycopg.connect(database) as connection:
            connection.execute(opening.encode())
        status, finding, fix = check(capsys, "record", 1)
        assert said in finding
        assert (status, fix) == ("fail", "run, as the owner of the tables, `slb database grants | psql`")
        with psycopg.connect(database) as connection:
            connection.execute("ALTER TABLE audit_logs ENABLE TRIGGER USER; SELECT close_audit_tables()")
    with psycopg.connect(database) as connection:
        connection.execute("DROP TRIGGER guard_audit_log ON audit_logs")
    assert "guard_audit_log is gone" in found(capsys, code=1)["record"]


def test_a_record_that_nobody_seals_exits_1(capsys: pytest.CaptureFixture[str], database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE audit_logs DISABLE TRIGGER sign_audit_log")
        connection.execute("INSERT INTO audit_logs (action, created_at) VALUES ('x', now() - interval '1 hour')")
        connection.execute("ALTER TABLE audit_logs ENABLE TRIGGER sign_audit_log")
    assert found(capsys, code=1)["record"].startswith("not sealed: 1 row since 20")


@pytest.mark.owner
def test_a_role_that_owns_the_record_is_advised_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    status, what, fix = check(capsys, "record")
    assert (status, what) == ("warn", "guarded and sealed, but DATABASE_URL's role owns it.")
    assert "slb database grants" in (fix or "")
