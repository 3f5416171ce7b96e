"""Fill databases that the Node service set up, as far as they have the tables."""

from pathlib import Path
from shutil import copy

import psycopg

HERE = Path(__file__).parent
PROJECT = "0b1f6f1e-6a52-4d6e-9d7c-0d6a5a7a1c11"


def copy_files(folder: Path) -> Path:
    """Return a folder with the Node service's 001 to 015, as its later versions had them."""
    for path in (*(HERE / "node_service").glob("00[1-4]*.sql"), *(HERE / "node_service_later").glob("*.sql")):
        copy(path, folder)
    return folder


def fill(conninfo: str, reached: int) -> None:
    """Put into a database that reached one of its migrations what people would miss."""
    with psycopg.connect(conninfo) as connection:
        for after, statement in ROWS:
            if reached >= after:
                connection.execute(statement.encode())


ROWS = (
    (
        5,
        """
        INSERT INTO users (email, display_name, is_admin, is_approved, is_disabled, approved_by, last_access_at)
        VALUES
        ('alice@example.com', 'Alice', TRUE, TRUE, FALSE, NULL, '2026-01-02T03:04:05Z'),
        ('bob@example.com', 'Bob', FALSE, TRUE, FALSE, 1, NULL),
        ('carol@example.com', 'Carol', FALSE, FALSE, FALSE, NULL, NULL),
        ('mallory@example.com', 'Mallory', FALSE, TRUE, TRUE, 99, NULL);
        INSERT INTO user_preferences (user_id, preferences) VALUES (1, '{"theme": "dark"}');
        INSERT INTO audit_logs (user_id, action, resource, resource_id, details, ip_address, is_admin_action) VALUES
        (1, 'USER_APPROVED', 'user', '2', '{"before": false, "after": true}', '192.0.2.1', TRUE),
        (2, 'VIEW_ITEM', 'issue', 'ABC-1', NULL, '192.0.2.2', FALSE),
        (1, 'TRIGGER_SYNC', NULL, NULL, '["now"]', '192.0.2.1', TRUE),
        (NULL, 'API_ACCESS', NULL, NULL, '{"path": "/api/backlog"}', NULL, FALSE);
        INSERT INTO sync_history (status, trigger_type, triggered_by, started_at, completed_at, items_synced,
                                  error_message, error_details) VALUES
        ('success', 'scheduled', NULL, '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z', 12, NULL, NULL),
        ('error', 'manual', 1, '2026-01-02T00:00:00Z', '2026-01-02T00:01:00Z', 0, 'No answer', '{"code": 1}'),
        ('partial', 'startup', NULL, '2026-01-03T00:00:00Z', '2026-01-03T00:01:00Z', NULL, NULL, NULL),
        ('syncing', 'scheduled', NULL, '2026-01-04T00:00:00Z', NULL, NULL, NULL, NULL);
        """,
    ),
    (6, """INSERT INTO "session" VALUES ('sid-1', '{"userId": 1}', now())"""),
    (10, "UPDATE users SET is_it = TRUE WHERE id IN (1, 2)"),
    (
        11,
        """
        INSERT INTO label_visibility (label_name, is_visible, updated_by)
        VALUES ('Field staff', TRUE, 1), ('Internal', FALSE, 1)
        """,
    ),
    (12, "UPDATE users SET last_seen_at = '2026-02-03T04:05:06Z' WHERE id IN (1, 2)"),
    (13, "INSERT INTO backlog_items (id, identifier, title) VALUES ('one', 'ABC-1', 'A wish')"),
    (
        14,
        """
        INSERT INTO requests (user_id, title, description, business_impact, reviewed_by)
        VALUES (2, 'A bigger button', 'Please', 'high', 1)
        """,
    ),
)
