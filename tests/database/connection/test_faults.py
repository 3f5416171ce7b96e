"""What went wrong with the database, in words that may be shown to anybody."""

import psycopg
import pytest
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from shareable_backlog.database.connection import faults
from shareable_backlog.errors import Contended, DatabaseFailed, DatabaseUnavailable, DataRefused

AT = 'connection failed: connection to server at "192.0.2.7", port 5432 failed: '

PLAIN = f'{AT}FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "a", database "x", no encryption'


def error(sqlstate: str) -> psycopg.Error:
    return psycopg.errors.lookup(sqlstate)("the driver's words, with db.example.com")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{AT}FATAL:  password authentication failed for user "alice"', "refused the user or password"),
        (f"{AT}fe_sendauth: no password supplied", "refused the user or password"),
        (f'{AT}FATAL:  role "alice" does not exist', "refused the user or password"),
        (
            f'{AT}FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "alice", database "x", no encryption',
            "does not allow this machine (pg_hba.conf), at least without encryption (sslmode=require)",
        ),
        (
            f'{AT}FATAL:  pg_hba.conf rejects connection for host "192.0.2.9", user "a", database "x", no encryption',
            "does not allow this machine (pg_hba.conf), at least without encryption (sslmode=require)",
        ),
        (
            f'{AT}FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "alice", database "x", SSL encryption',
            "does not allow this machine (pg_hba.conf)",
        ),
        (
            f'{AT}FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "a", database "x", SSL encryption\n{PLAIN}',
            "does not allow this machine (pg_hba.conf)",
        ),
        (
            f'{AT}FATAL:  no pg_hba.conf entry for host "[local]", user "alice", database "x", no encryption',
            "does not allow this machine (pg_hba.conf)",
        ),
        (f"{AT}FATAL:  server requires SSL", "accepts only encrypted connections (sslmode=require)"),
        (f'{AT}FATAL:  Peer authentication failed for user "alice"', "refused the user or password"),
        (f'{AT}FATAL:  database "x" does not exist', "does not exist on its server"),
        (f"{AT}SSL error: certificate verify failed", "could not prove its identity (TLS certificate)"),
        (
            f'{AT}server certificate for "a.example.com" does not match host name "db.example.com"',
            "could not prove its identity (TLS certificate)",
        ),
        (f"{AT}server does not support SSL, but SSL was required", "does not support TLS, which sslmode requires"),
        (f"{AT}FATAL:  sorry, too many clients already", "has no connections left"),
        (f"{AT}FATAL:  remaining connection slots are reserved for …", "has no connections left"),
        (f'{AT}FATAL:  too many connections for role "alice"', "has no connections left"),
        (f"{AT}FATAL:  the database system is starting up", "is starting"),
        (f"{AT}FATAL:  the database system is not yet accepting connections", "is starting"),
        (f"{AT}FATAL:  the database system is not accepting connections", "is starting"),
        (f"{AT}FATAL:  the database system is in recovery mode", "is starting"),
        (f"{AT}FATAL:  the database system is shutting down", "is shutting down"),
        (f"{AT}session is read-only", "accepts no writes (is it a standby?)"),
        (
            "failed to resolve host 'db.example.com': [Errno -2] Name or service not known",
            "can't be found: its host name is not known",
        ),
        (f"{AT}Connection refused\n\tIs the server running on that host …?", "is not running or not listening"),
        ("connection timeout expired", "did not answer in time"),
        ("server closed the connection unexpectedly", "can't be reached"),
        ('invalid integer value "many" for connection option "port"', "can't be reached with this DATABASE_URL"),
        ("", "can't be reached"),
    ],
)
def test_the_drivers_words_become_plain_ones_without_host_or_user(text: str, words: str) -> None:
    said = faults.describe_reason(psycopg.OperationalError(text))
    assert said.startswith(words)
    assert said == words or not said.startswith("does not allow")
    assert not {"alice", "192.0.2.7", "example.com"} & set(said.split())


def test_a_host_name_that_python_cannot_encode_is_one_that_cannot_be_found() -> None:
    with pytest.raises(UnicodeError) as caught:
        "a..example.com".encode("idna")
    assert faults.describe_reason(caught.value) == "can't be found: its host name is not known"


@pytest.mark.parametrize("sqlstate", ["25006", "57P01", "57P02", "57P03", "57P05", "53300", "08006", "08P01"])
def test_a_lost_server_or_session_is_known_by_its_state(sqlstate: str) -> None:
    assert faults.is_lost(error(sqlstate))
    assert isinstance(faults.translate_error(error(sqlstate)), DatabaseUnavailable)


def test_a_connection_that_broke_has_no_state_and_is_lost() -> None:
    assert faults.is_lost(psycopg.OperationalError("server closed the connection unexpectedly"))


@pytest.mark.parametrize("kind", [PoolTimeout, TooManyRequests, PoolClosed])
def test_a_full_pool_is_not_a_lost_server(kind: type[psycopg.Error]) -> None:
    assert not faults.is_lost(kind("…"))
    assert isinstance(faults.translate_error(kind("…")), DatabaseUnavailable)


@pytest.mark.parametrize("sqlstate", ["57014", "40001", "40P01", "55P03", "42P01", "22P02", "23505"])
def test_a_statement_that_failed_leaves_the_connection_alive(sqlstate: str) -> None:
    assert not faults.is_lost(error(sqlstate))


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
def test_contention_is_told_apart_as_the_same_may_work_at_once(sqlstate: str) -> None:
    assert isinstance(faults.translate_error(error(sqlstate)), Contended)


@pytest.mark.parametrize("sqlstate", ["22P05", "22003", "23514", "54000", "54001"])
def test_values_that_the_database_refuses_are_told_apart_as_other_rows_may_be_stored(sqlstate: str) -> None:
    assert isinstance(faults.translate_error(error(sqlstate)), DataRefused)


def test_values_that_the_driver_refuses_are_refused_as_well() -> None:
    assert isinstance(faults.translate_error(psycopg.DataError("NUL (0x00) bytes")), DataRefused)


@pytest.mark.parametrize(
    ("sqlstate", "words"),
    [
        ("53100", "no room left on its disk"),
        ("53200", "is out of memory"),
        ("58030", "can't read or write its files"),
    ],
)
def test_a_server_in_need_is_unavailable_and_refuses_no_rows(sqlstate: str, words: str) -> None:
    plain = faults.translate_error(error(sqlstate))
    assert isinstance(plain, DatabaseUnavailable)
    assert words in str(plain)


@pytest.mark.parametrize("sqlstate", ["42P01", "42501", "XX000", "0A000"])
def test_any_other_refusal_is_a_failure_of_the_statement_and_not_of_its_rows(sqlstate: str) -> None:
    plain = faults.translate_error(error(sqlstate))
    assert isinstance(plain, DatabaseFailed)
    assert not isinstance(plain, DataRefused)


@pytest.mark.parametrize("sqlstate", ["57014", "57P01", "40P01", "53100", "42P01", "22P02", "25006"])
def test_no_plain_word_holds_the_drivers_own(sqlstate: str) -> None:
    assert "example.com" not in str(faults.translate_error(error(sqlstate)))


@pytest.mark.parametrize(
    "text",
    [
        f'{AT}FATAL:  password authentication failed for user "alice"',
        f'{AT}FATAL:  database "x" does not exist',
        f"{AT}SSL error: certificate verify failed",
        'invalid integer value "many" for connection option "port"',
    ],
)
def test_where_waiting_does_not_help_nobody_is_told_to_wait(text: str) -> None:
    said = str(faults.translate_error(psycopg.OperationalError(text)))
    assert said.endswith("Waiting won't help: whoever runs this has to mend its settings or the server's.")


def test_where_waiting_helps_that_is_said() -> None:
    assert str(faults.translate_error(psycopg.OperationalError(f"{AT}Connection refused"))).endswith(
        "Please try again in a few seconds."
    )


def test_an_operator_reads_the_servers_own_words_of_a_statement_and_ours_of_a_connection(database: str) -> None:
    with psycopg.connect(database) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute("SELECT FROM nowhere")
    assert faults.describe_to_operator(refused.value) == 'The database says: relation "nowhere" does not exist.'
    said = faults.describe_to_operator(psycopg.OperationalError(f"{AT}Connection refused"))
    assert said.startswith("The database is not running or not listening.")
