"""Know the migrations of the Node service's later versions, and tell what one of its databases holds.

Its 001 to 005 are called as ours are; 006 to 015 are its own, and one of its tables has the name of one of ours.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from psycopg import Connection, sql
from psycopg.rows import class_row

from shareable_backlog.database.migrate.files import Migration

SHARED_NAMES = (
    "001_create-users-table",
    "002_create-user-preferences-table",
    "003_create-audit-logs-table",
    "004_create-sync-history-table",
    "005_create-additional-indexes",
)
OWN_NAMES = (
    "006_create-session-table",
    "007_create-app-settings-table",
    "008_add_performance_indexes",
    "009_enable_pgcrypto",
    "010_add-is-it-to-users",
    "011_create-label-visibility-table",
    "012_add-last-seen-at-to-users",
    "013_create-backlog-items-table",
    "014_create-requests-table",
    "015_request-pipeline-hardening",
)
ADOPTED = "adopted"
"""Stands in the ledger where another migration has its checksum: it is the Node service's, and was taken over."""

TABLES: Mapping[str, str] = {
    "session": "node_sessions",
    "app_settings": "node_app_settings",
    "label_visibility": "node_label_visibility",
    "backlog_items": "node_backlog_items",
    "requests": "node_requests",
}
"""What its own tables are called here, where ours need some of the names, or may need them one day."""
TYPES: Mapping[str, str] = {
    "request_business_impact": "node_request_business_impact",
    "request_status": "node_request_status",
}

ACTIONS: Mapping[str, str] = {
    "LOGIN": "sign_in.succeeded",
    "USER_LOGIN": "sign_in.succeeded",
    "LOGIN_FAILED": "sign_in.refused",
    "LOGOUT": "session.ended",
    "USER_LOGOUT": "session.ended",
    "NETWORK_DENIED": "network.refused",
    "ACCESS_DENIED": "access.refused",
    "USER_CREATED": "person.created",
    "USER_APPROVED": "person.approved",
    "USER_REJECTED": "person.declined",
    "USER_DISABLED": "person.disabled",
    "USER_REMOVED": "person.disabled",
    "USER_ENABLED": "person.restored",
    "USER_RESTORED": "person.restored",
    "USER_PROMOTED": "person.promoted",
    "USER_DEMOTED": "person.demoted",
    "VIEW_ITEM": "item.viewed",
    "TRIGGER_SYNC": "sync.requested",
}
"""Its words for what was done, and ours; others are kept as they are."""


def is_later_state(names: Sequence[str]) -> bool:
    """Return whether a ledger's names are the Node service's, from 006 to any of its own up to 015, and no others."""
    return set(names) in [{*SHARED_NAMES, *OWN_NAMES[:count]} for count in range(1, len(OWN_NAMES) + 1)]


class Holding(Struct, frozen=True, kw_only=True):
    """What one of its databases holds that somebody would miss, as counts.

    `same_emails` are people whose addresses differ in case alone, `other_actions` the rows of the record whose words
    have none of ours; `cron` is when it synchronised, None where that does not stand in the database.
    """

    people: int
    let_in: int
    same_emails: int
    audit_rows: int
    other_actions: int
    runs: int
    sessions: int = 0
    cron: str | None = None
    marked_it: int = 0
    labels: int = 0
    hidden_labels: int = 0
    items: int = 0
    requests: int = 0


class Adoption(Struct, frozen=True):
    """What is taken over: the Node service's last migration, what its database holds, and which of ours follow.

    `project_id` is the one project that it showed, None where nobody says; then people see nothing until an admin
    has chosen.
    """

    last_name: str
    holding: Holding
    pending: Sequence[Migration]
    project_id: str | None


_LATER = (
    ("sessions", 1, sql.SQL("SELECT count(*) FROM session")),
    ("cron", 2, sql.SQL("SELECT min(value) FROM app_settings WHERE key = 'sync_cron_schedule'")),
    ("marked_it", 5, sql.SQL("SELECT count(*) FROM users WHERE is_it")),
    ("labels", 6, sql.SQL("SELECT count(*) FROM label_visibility")),
    ("hidden_labels", 6, sql.SQL("SELECT count(*) FROM label_visibility WHERE NOT is_visible")),
    ("items", 8, sql.SQL("SELECT count(*) FROM backlog_items")),
    ("requests", 9, sql.SQL("SELECT count(*) FROM requests")),
)
"""What can be counted from how many of its own migrations on."""


def read_holding(connection: Connection, names: Sequence[str]) -> Holding:
    """Count what a database of the Node service holds whose ledger has these names."""
    reached = len(set(names) & set(OWN_NAMES))
    wanted: list[tuple[str, sql.SQL]] = [
        ("people", sql.SQL("SELECT count(*) FROM users")),
        ("let_in", sql.SQL("SELECT count(*) FROM users WHERE is_approved AND NOT is_disabled AND NOT is_admin")),
        (
            "same_emails",
            sql.SQL("SELECT count(*) FROM (SELECT FROM users GROUP BY lower(email) HAVING count(*) > 1) AS same"),
        ),
        ("audit_rows", sql.SQL("SELECT count(*) FROM audit_logs")),
        ("other_actions", sql.SQL("SELECT count(*) FROM audit_logs WHERE action <> ALL (%(actions)s)")),
        ("runs", sql.SQL("SELECT count(*) FROM sync_history")),
        *((name, statement) for name, after, statement in _LATER if reached >= after),
    ]
    columns = [
        sql.Composed([sql.SQL("("), statement, sql.SQL(") AS "), sql.Identifier(name)]) for name, statement in wanted
    ]
    question = sql.Composed([sql.SQL("SELECT "), sql.SQL(", ").join(columns)])
    cursor = connection.cursor(row_factory=class_row(Holding))
    [holding] = cursor.execute(question, {"actions": list(ACTIONS)}).fetchall()
    return holding
