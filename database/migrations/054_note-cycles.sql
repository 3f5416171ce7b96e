-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation, ban-drop-function
-- The mirror's tables have some 100,000 rows, which are indexed within seconds.

-- What slipped out of a cycle into a later one is known only to who saw it move.
CREATE FUNCTION note_cycle_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
  -- Whether a move between cycles gives an item a new time is not known.
  VALUES (NEW.id, 'cycle', OLD.cycle_id, NEW.cycle_id, coalesce(nullif(NEW.updated_at, OLD.updated_at), now()));
  RETURN NULL;
END $$;
CREATE TRIGGER note_cycle_change AFTER UPDATE ON backlog_items
FOR EACH ROW WHEN (OLD.cycle_id IS DISTINCT FROM NEW.cycle_id) EXECUTE FUNCTION note_cycle_change();
CREATE INDEX idx_field_changes_from_value ON field_changes (from_value) WHERE field = 'cycle';

-- All that was in a cycle: what is done is archived some time later.
CREATE INDEX idx_backlog_items_cycle_id ON backlog_items (cycle_id)
WHERE removed_at IS NULL AND NOT trashed AND cycle_id IS NOT NULL;

-- Down Migration
DROP INDEX IF EXISTS idx_backlog_items_cycle_id;
DROP INDEX IF EXISTS idx_field_changes_from_value;
DROP TRIGGER IF EXISTS note_cycle_change ON backlog_items;
DROP FUNCTION IF EXISTS note_cycle_change();
DELETE FROM field_changes WHERE field = 'cycle';
