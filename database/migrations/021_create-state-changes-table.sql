-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation, ban-drop-function
-- The mirror's tables have some 100,000 rows, which are indexed within seconds.

-- What the mirror saw of items going from state to state. Linear is not asked for what went before. The rows of an
-- item stay as long as the item: they are its history.
CREATE TABLE state_changes (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  item_id TEXT COLLATE "C" NOT NULL,
  from_state_id TEXT COLLATE "C",
  to_state_id TEXT COLLATE "C",
  -- When it happened, as far as the item tells, not when it was mirrored.
  changed_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idx_state_changes_item_id_changed_at ON state_changes (item_id, changed_at);
CREATE INDEX idx_state_changes_changed_at_item_id ON state_changes (changed_at DESC, item_id DESC);

CREATE FUNCTION note_state_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO state_changes (item_id, from_state_id, to_state_id, changed_at)
  VALUES (
    NEW.id, OLD.state_id, NEW.state_id,
    coalesce(
      -- A time that the change left as it was tells of an earlier one.
      greatest(
        nullif(NEW.started_at, OLD.started_at),
        nullif(NEW.completed_at, OLD.completed_at),
        nullif(NEW.canceled_at, OLD.canceled_at)
      ),
      NEW.updated_at
    )
  );
  RETURN NULL;
END $$;
CREATE TRIGGER note_state_change AFTER UPDATE ON backlog_items
FOR EACH ROW WHEN (OLD.state_id IS DISTINCT FROM NEW.state_id) EXECUTE FUNCTION note_state_change();

-- No foreign key: it would look the item up again for each change.
CREATE FUNCTION forget_state_changes() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM state_changes c USING deleted_items d WHERE c.item_id = d.id;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_state_changes AFTER DELETE ON backlog_items
REFERENCING OLD TABLE AS deleted_items FOR EACH STATEMENT EXECUTE FUNCTION forget_state_changes();

-- What is done or gone, the latest first.
CREATE INDEX idx_backlog_items_completed_at_id ON backlog_items (completed_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND completed_at IS NOT NULL;
CREATE INDEX idx_backlog_items_canceled_at_id ON backlog_items (canceled_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND canceled_at IS NOT NULL;
CREATE INDEX idx_backlog_items_archived_at_id ON backlog_items (archived_at DESC, id DESC)
WHERE archived_at IS NOT NULL;
CREATE INDEX idx_backlog_items_removed_at_id ON backlog_items (removed_at DESC, id DESC)
WHERE removed_at IS NOT NULL AND archived_at IS NULL;
CREATE INDEX idx_backlog_items_updated_at_id_trashed ON backlog_items (updated_at DESC, id DESC)
WHERE trashed AND archived_at IS NULL AND removed_at IS NULL;

-- Down Migration
DROP INDEX IF EXISTS idx_backlog_items_updated_at_id_trashed;
DROP INDEX IF EXISTS idx_backlog_items_removed_at_id;
DROP INDEX IF EXISTS idx_backlog_items_archived_at_id;
DROP INDEX IF EXISTS idx_backlog_items_canceled_at_id;
DROP INDEX IF EXISTS idx_backlog_items_completed_at_id;
DROP TRIGGER IF EXISTS forget_state_changes ON backlog_items;
DROP FUNCTION IF EXISTS forget_state_changes();
DROP TRIGGER IF EXISTS note_state_change ON backlog_items;
DROP FUNCTION IF EXISTS note_state_change();
DROP TABLE IF EXISTS state_changes;
