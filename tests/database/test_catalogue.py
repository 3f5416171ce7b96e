"""Read the live catalogue after all migrations: names follow the rules, the first four tables are the contract."""

import re
from collections.abc import Mapping

import psycopg
import pytest

from tests.support.database import catalogue

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NOT_PLURAL = {
    "pgmigrations": "node-pg-migrate's name",
    "people": "the plural of person",
    "sync_history": "a history of runs, named by the contract",
}
KEYS_WITHOUT_INDEX = {
    "users_approved_by_fk": "users are disabled, hardly ever deleted, and a scan of that table is short",
    "sync_history_triggered_by_fk": "only the deletion of a user asks, and the contract lists the table's indexes",
}
BEGINNINGS_OF_THE_CONTRACT = {
    "idx_audit_logs_user_id_created_at": "idx_audit_logs_user_id",
    "idx_sync_history_status_started_at": "idx_sync_history_status",
}
FOUR_BYTES: Mapping[str, str] = {
    "users": "each is a person, and strangers become none before they prove an address",
    "user_identities": "one or a few a person",
    "viewer_groups": "an admin makes each",
    "published_views": "an admin makes each",
    "invitations": "an admin sends each",
    "held_forms": "a person sends each, and signs in again for it",
    "api_tokens": "a person makes each",
    "passkeys": "a person makes each",
    "kept_agendas": "a meeting has one",
    "kept_agenda_contents": "a meeting has one for each scope",
    "forecast_records": "a night takes one for each scope",
    "done_headings": "an admin writes each",
    "sync_history": "a run a minute lasts for four thousand years",
}
"""Tables whose rows are numbered by four bytes, and why 2.1 billion of them are enough."""

USERS = [
    "id integer not null default nextval('users_id_seq'::regclass)",
    "email character varying(255) not null",
    "display_name character varying(255)",
    "is_admin boolean not null default false",
    "is_approved boolean not null default false",
    "is_disabled boolean not null default false",
    "last_access_at timestamp with time zone",
    "approved_at timestamp with time zone",
    "approved_by integer",
    "created_at timestamp with time zone not null default now()",
    "updated_at timestamp with time zone not null default now()",
]
USER_PREFERENCES = [
    "id bigint not null default nextval('user_preferences_id_seq'::regclass)",
    "user_id integer not null",
    "preferences jsonb not null default '{}'::jsonb",
    "created_at timestamp with time zone not null default now()",
    "updated_at timestamp with time zone not null default now()",
]
AUDIT_LOGS = [
    "id bigint not null default nextval('audit_logs_id_seq'::regclass)",
    "user_id integer",
    "action character varying(100) not null",
    "resource character varying(100)",
    "resource_id character varying(255)",
    "details jsonb",
    "ip_address character varying(45)",
    "is_admin_action boolean not null default false",
    "created_at timestamp with time zone not null default now()",
]
SYNC_HISTORY = [
    "id integer not null default nextval('sync_history_id_seq'::regclass)",
    "status character varying(50) not null default 'pending'::character varying",
    "trigger_type character varying(50) not null",
    "triggered_by integer",
    "started_at timestamp with time zone not null default now()",
    "completed_at timestamp with time zone",
    "duration_ms integer",
    "items_synced integer default 0",
    "items_failed integer default 0",
    "error_message text",
    "error_details jsonb",
    "created_at timestamp with time zone not null default now()",
]
CONSTRAINTS = {
    "users": {
        "users_pkey": "PRIMARY KEY (id)",
        "users_email_unique": "UNIQUE (email)",
        "users_approved_by_fk": "FOREIGN KEY (approved_by) REFERENCES users(id) ON DELETE SET NULL",
    },
    "user_preferences": {
        "user_preferences_pkey": "PRIMARY KEY (id)",
        "user_preferences_user_id_unique": "UNIQUE (user_id)",
        "user_preferences_user_id_fk": "FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    },
    "audit_logs": {
        "audit_logs_pkey": "PRIMARY KEY (id)",
        "audit_logs_user_id_fk": "FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE SET NULL",
    },
    "sync_history": {
        "sync_history_pkey": "PRIMARY KEY (id)",
        "sync_history_triggered_by_fk": "FOREIGN KEY (triggered_by) REFERENCES users(id) ON DELETE SET NULL",
    },
}
INDEXES = {
    "users": {
        "idx_users_email": "btree (email)",
        "idx_users_is_approved": "btree (is_approved)",
    },
    "user_preferences": {
        "idx_user_preferences_user_id": "btree (user_id)",
    },
    "audit_logs": {
        "idx_audit_logs_user_id": "btree (user_id)",
        "idx_audit_logs_action": "btree (action)",
        "idx_audit_logs_created_at": "btree (created_at)",
        "idx_audit_logs_is_admin_action": "btree (is_admin_action)",
        "idx_audit_logs_user_id_created_at": "btree (user_id, created_at DESC)",
    },
    "sync_history": {
        "idx_sync_history_status": "btree (status)",
        "idx_sync_history_started_at": "btree (started_at)",
    },
}


@pytest.mark.parametrize(
    ("table", "contract"),
    [
        ("users", USERS),
        ("user_preferences", USER_PREFERENCES),
        ("audit_logs", AUDIT_LOGS),
        ("sync_history", SYNC_HISTORY),
    ],
)
def test_a_contract_table_begins_with_exactly_its_columns(database: str, table: str, contract: list[str]) -> None:
    assert catalogue.columns(database, table)[: len(contract)] == contract


@pytest.mark.parametrize("table", CONSTRAINTS)
def test_a_contract_table_has_its_constraints_by_name(database: str, table: str) -> None:
    found = catalogue.constraints(database, table)
    assert {name: found.get(name) for name in CONSTRAINTS[table]} == CONSTRAINTS[table]


@pytest.mark.parametrize("table", INDEXES)
def test_a_contract_table_has_its_indexes_by_name(database: str, table: str) -> None:
    found = catalogue.indexes(database, table)
    assert {name: found.get(name) for name in INDEXES[table]} == INDEXES[table]


def test_what_each_request_or_stranger_adds_is_numbered_by_eight_bytes(database: str) -> None:
    with psycopg.connect(database) as connection:
        numbered = dict(
            connection.execute(
                """
                SELECT t.relname::text, format_type(s.seqtypid, NULL) || ' ' || format_type(a.atttypid, NULL)
                FROM pg_sequence AS s
                JOIN pg_depend AS d ON d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
                JOIN pg_class AS t ON t.oid = d.refobjid
                JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
                WHERE t.relname <> 'pgmigrations'
                """
            ).fetchall()
        )
    assert {table for table, types in numbered.items() if types == "integer integer"} == FOUR_BYTES.keys()
    assert set(numbered.values()) == {"integer integer", "bigint bigint"}, "a sequence ends where its column does"


def test_tables_are_named_in_snake_case_and_plural(database: str) -> None:
    for table in catalogue.tables(database):
        assert SNAKE_CASE.fullmatch(table), table
        assert table.endswith("s") or table in NOT_PLURAL, table


def test_columns_are_named_in_snake_case(database: str) -> None:
    for table in catalogue.tables(database):
        for column in catalogue.columns(database, table):
            assert SNAKE_CASE.fullmatch(column.split()[0]), f"{table}.{column}"


def test_indexes_are_named_after_their_columns(database: str) -> None:
    query = """
        SELECT t.relname::text, c.relname::text, i.indpred IS NOT NULL,
            array_agg(
                -- What only sorts a column otherwise is called after the column, any other function is named.
                coalesce(
                    a.attname::text,
                    (regexp_match(d.text, '^(?:COALESCE|LEAST|mod)\\((?:\\(5 - )?(\\w+)'))[1],
                    regexp_replace(d.text, '^(\\w+)\\(\\(?(\\w+).*', '\\1_\\2')
                ) ORDER BY k.place
            )
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_class AS t ON t.oid = i.indrelid
        CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
        LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.attnum
        CROSS JOIN LATERAL (SELECT pg_get_indexdef(i.indexrelid, k.place::int, false) AS text) AS d
        WHERE k.place <= i.indnkeyatts AND t.relnamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
        GROUP BY 1, 2, 3
    """
    with psycopg.connect(database) as connection:
        found = connection.execute(query).fetchall()
    assert found
    for table, index, is_partial, columns in found:
        expected = "_".join(["idx", table, *columns])
        # A partial index may say of which rows it is.
        assert index == expected or (is_partial and index.startswith(f"{expected}_")), index


def test_constraints_are_named_after_their_table_and_columns(database: str) -> None:
    for table in catalogue.tables(database):
        for name, definition in catalogue.constraints(database, table).items():
            kind, columns = re.match(r"(\w+)[^(]*\(([^)]*)\)", definition, re.ASCII).groups()  # pyright: ignore[reportOptionalMemberAccess]  # each has its columns
            joined = f"{table}_{columns.replace(', ', '_')}"
            expected = {"PRIMARY": f"{table}_pkey", "UNIQUE": f"{joined}_unique", "FOREIGN": f"{joined}_fk"}
            assert kind == "CHECK" or name == expected[kind], name


def test_every_foreign_key_has_an_index_or_an_excuse(database: str) -> None:
    query = """
        SELECT f.conname::text FROM pg_constraint AS f
        WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_index AS i
            WHERE i.indrelid = f.conrelid AND i.indpred IS NULL
                AND (i.indkey::int2[])[0:cardinality(f.conkey) - 1] = f.conkey
        )
        ORDER BY 1
    """
    with psycopg.connect(database) as connection:
        bare = {name for (name,) in connection.execute(query)}
    assert bare == set(KEYS_WITHOUT_INDEX)


def test_no_index_is_but_the_beginning_of_another(database: str) -> None:
    found_by = """
        SELECT a.indexrelid::regclass::text, b.indexrelid::regclass::text
        FROM pg_index AS a
        JOIN pg_index AS b ON b.indrelid = a.indrelid AND b.indnkeyatts > a.indnkeyatts
        JOIN pg_class AS t ON t.oid = a.indrelid
        WHERE t.relnamespace = 'public'::regnamespace AND NOT a.indisunique AND (a.indexprs, b.indexprs) IS NULL
            AND (b.indkey::int2[])[0:a.indnatts - 1] = (a.indkey::int2[])[0:a.indnatts - 1]
            AND (b.indclass::oid[])[0:a.indnatts - 1] = (a.indclass::oid[])[0:a.indnatts - 1]
            AND (b.indoption::int2[])[0:a.indnatts - 1] = (a.indoption::int2[])[0:a.indnatts - 1]
            AND pg_get_expr(b.indpred, b.indrelid) IS NOT DISTINCT FROM pg_get_expr(a.indpred, a.indrelid)
        ORDER BY 1
    """
    with psycopg.connect(database) as connection:
        found = {longer: beginning for beginning, longer in connection.execute(found_by)}
    assert found == BEGINNINGS_OF_THE_CONTRACT
