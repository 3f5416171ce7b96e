-- Up Migration
-- Databases exist in which another hand ran 001 to 005: there PostgreSQL named the constraints itself, nothing
-- ties users.approved_by to a user, and indexes may be missing. This brings them to what the files say; a
-- database that these files made has it all, and stays as it is.
DO $$
DECLARE
  wanted RECORD;
  present NAME;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (
      VALUES
      ('users', 'email', 'u', 'users_email_unique', 'UNIQUE (email)'),
      (
        'users', 'approved_by', 'f', 'users_approved_by_fk',
        'FOREIGN KEY (approved_by) REFERENCES users (id) ON DELETE SET NULL'
      ),
      ('user_preferences', 'user_id', 'u', 'user_preferences_user_id_unique', 'UNIQUE (user_id)'),
      (
        'user_preferences', 'user_id', 'f', 'user_preferences_user_id_fk',
        'FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE'
      ),
      (
        'audit_logs', 'user_id', 'f', 'audit_logs_user_id_fk',
        'FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL'
      ),
      (
        'sync_history', 'triggered_by', 'f', 'sync_history_triggered_by_fk',
        'FOREIGN KEY (triggered_by) REFERENCES users (id) ON DELETE SET NULL'
      )
    ) AS contract (table_name, column_name, kind, constraint_name, definition)
  LOOP
    -- Whatever its name is now; the wanted name first, should there be two.
    SELECT c.conname INTO present
    FROM pg_constraint AS c
    JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
    WHERE c.conrelid = wanted.table_name::regclass
      AND c.contype::text = wanted.kind
      AND a.attname = wanted.column_name
    ORDER BY c.conname = wanted.constraint_name DESC, c.conname
    LIMIT 1;

    IF present IS NULL THEN
      IF wanted.constraint_name = 'users_approved_by_fk' THEN
        -- Without a key, users who approved others may have been deleted since.
        UPDATE users SET approved_by = NULL
        WHERE approved_by NOT IN (SELECT id FROM users);
      END IF;
      EXECUTE format(
        'ALTER TABLE %I ADD CONSTRAINT %I %s', wanted.table_name, wanted.constraint_name, wanted.definition
      );
    ELSIF present <> wanted.constraint_name THEN
      EXECUTE format(
        'ALTER TABLE %I RENAME CONSTRAINT %I TO %I', wanted.table_name, present, wanted.constraint_name
      );
    END IF;
  END LOOP;
END
$$;

CREATE INDEX IF NOT EXISTS idx_users_email ON users (email);
CREATE INDEX IF NOT EXISTS idx_users_is_approved ON users (is_approved);
CREATE INDEX IF NOT EXISTS idx_users_created_at_waiting ON users (created_at)
WHERE NOT is_approved AND NOT is_disabled;
CREATE INDEX IF NOT EXISTS idx_user_preferences_user_id ON user_preferences (user_id);
CREATE INDEX IF NOT EXISTS idx_audit_logs_user_id ON audit_logs (user_id);
CREATE INDEX IF NOT EXISTS idx_audit_logs_action ON audit_logs (action);
CREATE INDEX IF NOT EXISTS idx_audit_logs_created_at ON audit_logs (created_at);
CREATE INDEX IF NOT EXISTS idx_audit_logs_is_admin_action ON audit_logs (is_admin_action);
CREATE INDEX IF NOT EXISTS idx_audit_logs_user_id_created_at ON audit_logs (user_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_audit_logs_resource_resource_id_created_at
ON audit_logs (resource, resource_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_audit_logs_created_at_admin ON audit_logs (created_at DESC) WHERE is_admin_action;
CREATE INDEX IF NOT EXISTS idx_sync_history_status ON sync_history (status);
CREATE INDEX IF NOT EXISTS idx_sync_history_started_at ON sync_history (started_at);
CREATE INDEX IF NOT EXISTS idx_sync_history_status_started_at ON sync_history (status, started_at DESC);

-- Down Migration
-- What was mended is what 001 to 005 say, and which names another hand had given is not known any more:
-- there is nothing to go back to. Their own down parts work with these names.
SELECT 1;
