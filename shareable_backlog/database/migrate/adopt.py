"""Take over a database of the Node service's later versions, in one transaction: `slb migrate adopt`.

Nothing of it is deleted. What our tables need the name of is renamed, our migrations run, and what people would miss
is carried over; the record is put into our words before migration 014 closes it.
"""

from collections.abc import Callable
from pathlib import Path

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from shareable_backlog.database.migrate import files, ledger, node_service, state, step
from shareable_backlog.database.migrate.node_service import Adoption
from shareable_backlog.database.migrate.state import SchemaDrifted

_GROUP = "The project shown before"

_TRANSLATE_AUDIT = """
UPDATE audit_logs AS l SET
  action = coalesce(words.ours ->> l.action, l.action),
  details = CASE WHEN jsonb_typeof(l.details) = 'object' THEN l.details
                 WHEN l.details IS NULL THEN '{}'
                 ELSE jsonb_build_object('node_details', l.details) END
            || jsonb_build_object('node_action', l.action)
FROM (SELECT %(actions)s::jsonb AS ours) AS words
"""
_TRANSLATE_RUNS = """
INSERT INTO adopted_runs (sync_history_id, status, trigger_type) SELECT id, status, trigger_type FROM sync_history;
UPDATE sync_history SET
  completed_at = CASE WHEN status IN ('success', 'error', 'partial') THEN coalesce(completed_at, started_at)
                      ELSE coalesce(completed_at, now()) END,
  status = CASE status WHEN 'success' THEN 'succeeded' WHEN 'error' THEN 'failed' WHEN 'partial' THEN 'partial'
                       ELSE 'interrupted' END,
  trigger_type = CASE trigger_type WHEN 'manual' THEN 'manual' ELSE 'automatic' END;
"""
# A person who goes takes nothing of these along, and is not kept by them.
_FREE_PEOPLE = """
DO $$
DECLARE
  held RECORD;
BEGIN
  FOR held IN
    SELECT c.conrelid::regclass AS name, c.conname, a.attname
    FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
    WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass AND c.confdeltype <> 'n'
      AND c.conrelid IN (to_regclass('requests'), to_regclass('label_visibility'))
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', held.name, held.attname);
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', held.name, held.conname);
    EXECUTE format(
      'ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES users (id) ON DELETE SET NULL',
      held.name, held.conname, held.attname
    );
  END LOOP;
END
$$
"""
_KINDS = (
    ("TABLE", sql.SQL("ALTER TABLE public.")),
    ("INDEX", sql.SQL("ALTER INDEX public.")),
    ("SEQUENCE", sql.SQL("ALTER SEQUENCE public.")),
    ("TYPE", sql.SQL("ALTER TYPE public.")),
)
_LIST_OWNED = """
SELECT 'TABLE', c.relname FROM pg_class AS c WHERE c.oid = to_regclass(%(table)s)
UNION ALL
SELECT 'INDEX', c.relname FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid
WHERE x.indrelid = to_regclass(%(table)s)
UNION ALL
SELECT 'SEQUENCE', c.relname FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid AND c.relkind = 'S'
WHERE d.refobjid = to_regclass(%(table)s) AND d.deptype = 'a'
"""
_KEEP_LAST_SEEN = """
UPDATE users SET last_access_at = greatest(last_access_at, last_seen_at) WHERE last_seen_at IS NOT NULL;
INSERT INTO user_preferences AS p (user_id, preferences)
SELECT id, jsonb_build_object('visits', jsonb_build_object(
  'last', jsonb_build_object('at', extract(epoch FROM last_seen_at))
))
FROM users WHERE last_seen_at IS NOT NULL
ON CONFLICT (user_id) DO UPDATE SET preferences = excluded.preferences || p.preferences
WHERE jsonb_typeof(p.preferences) = 'object';
"""
_KEEP_LABELS = """
INSERT INTO adopted_labels (name, is_offered)
SELECT lower(label_name), bool_or(is_visible) FROM node_label_visibility
WHERE is_visible OR reviewed_at IS NOT NULL GROUP BY 1
"""
_KEEP_TEAM = "UPDATE users SET is_team_member = TRUE WHERE is_it"
_NARROW = "UPDATE users SET sees_everything = FALSE WHERE NOT is_admin"
_SHOW_PROJECT = """
WITH made AS (
  INSERT INTO viewer_groups (name, is_for_newcomers) VALUES (%(name)s, TRUE) RETURNING id
), named AS (
  INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) SELECT id, 'project', %(project_id)s FROM made
)
INSERT INTO viewer_group_members (user_id, viewer_group_id)
SELECT u.id, made.id FROM users AS u CROSS JOIN made WHERE u.is_approved AND NOT u.is_admin
"""


def adopt_database(
    conninfo: str,
    *,
    project_id: str | None,
    dry_run: bool = False,
    confirm: Callable[[Adoption], None] | None = None,
    directory: Path | None = None,
) -> Adoption | None:
    """Take the database over and return what that was; None when it has been, or was always this program's.

    With `dry_run` it only says so. `confirm` is asked under the lock, and raises to leave all as it is. Raises
    SchemaDrifted for a database in no state of the Node service's, MigrationFailed, and DatabaseUnavailable; then
    nothing was changed.
    """
    if dry_run:
        with ledger.open_for_reading(conninfo) as connection:
            return _plan_adoption(connection, project_id, directory)
    with ledger.open_for_writing(conninfo) as connection:
        with connection.transaction():
            ledger.prepare_session(connection)
            adoption = _plan_adoption(connection, project_id, directory)
        if adoption is not None:
            if confirm:
                confirm(adoption)
            with connection.transaction():
                _adopt(connection, adoption)
        return adoption


def _plan_adoption(connection: Connection, project_id: str | None, directory: Path | None) -> Adoption | None:
    migrations = files.read_migrations(directory or files.locate_migrations())
    found = state.compare(migrations, ledger.list_applied(connection))
    names = [row.name for row in found.applied]
    if not found.find_foreign():
        found.require_agreement()
        return None
    if not node_service.is_later_state(names):
        raise SchemaDrifted(
            "This is no state of the Node service's database that can be taken over: its pgmigrations should have 001"
            f" to 005 and, without a gap, 006 to any of 015, but has {', '.join(names)}. Nothing was changed."
        )
    last_name = [name for name in node_service.OWN_NAMES if name in names][-1]
    return Adoption(last_name, node_service.read_holding(connection, names), found.pending, project_id)


def _adopt(connection: Connection, adoption: Adoption) -> None:
    ledger.prepare_session(connection)
    ledger.ensure_ledger(connection)
    connection.execute(_TRANSLATE_AUDIT, {"actions": Jsonb(dict(node_service.ACTIONS))})
    connection.execute(_FREE_PEOPLE)
    _rename_own(connection)
    for migration in adoption.pending:
        step.run_part(connection, migration, migration.up, ledger.record_migration)
    connection.execute(_TRANSLATE_RUNS)
    if adoption.last_name >= "012":
        connection.execute(_KEEP_LAST_SEEN)
    if adoption.last_name >= "010":
        connection.execute(_KEEP_TEAM)
    if adoption.last_name >= "011":
        connection.execute(_KEEP_LABELS)
    connection.execute(_NARROW)
    if adoption.project_id is not None:
        connection.execute(_SHOW_PROJECT, {"name": _GROUP, "project_id": adoption.project_id})
    connection.execute(
        "UPDATE public.pgmigrations SET checksum = %(adopted)s WHERE name = ANY (%(names)s)",
        {"adopted": node_service.ADOPTED, "names": list(node_service.OWN_NAMES)},
    )


def _rename_own(connection: Connection) -> None:
    for name, kept in node_service.TABLES.items():
        for kind, owned in connection.execute(_LIST_OWNED, {"table": f"public.{name}"}).fetchall():
            _rename(connection, kind, owned, kept if kind == "TABLE" else f"node_{owned}")
    for name, kept in node_service.TYPES.items():
        if connection.execute("SELECT 1 WHERE to_regtype(%s) IS NOT NULL", [f"public.{name}"]).fetchone():
            _rename(connection, "TYPE", name, kept)


def _rename(connection: Connection, kind: str, name: str, kept: str) -> None:
    alter = next(beginning for one, beginning in _KINDS if one == kind)
    parts = [alter, sql.Identifier(name), sql.SQL(" RENAME TO "), sql.Identifier(kept)]
    connection.execute(sql.Composed(parts))
