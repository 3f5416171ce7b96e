-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- The words of what teams write, read a little after it comes as those of items are. There are some thousand of them,
-- looked at from the latest on, so they need no index of words.
CREATE TABLE update_entries (
  update_id TEXT COLLATE "C" PRIMARY KEY,
  words TSVECTOR,
  -- Since when the words are not the update's any more; null: they are.
  stale_since TIMESTAMPTZ DEFAULT NOW()
);
CREATE INDEX idx_update_entries_stale_since ON update_entries (stale_since) WHERE stale_since IS NOT NULL;
INSERT INTO update_entries (update_id)
SELECT id FROM project_updates UNION SELECT id FROM initiative_updates;
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON update_entries
FOR EACH STATEMENT EXECUTE FUNCTION note_mirror_change();

CREATE FUNCTION mark_update_entry() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM update_entries WHERE update_id = OLD.id;
  ELSE
    INSERT INTO update_entries (update_id) VALUES (NEW.id)
    ON CONFLICT (update_id) DO UPDATE SET stale_since = NOW();
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER mark_entry AFTER INSERT OR UPDATE OF body OR DELETE ON project_updates
FOR EACH ROW EXECUTE FUNCTION mark_update_entry();
CREATE TRIGGER mark_entry AFTER INSERT OR UPDATE OF body OR DELETE ON initiative_updates
FOR EACH ROW EXECUTE FUNCTION mark_update_entry();

-- Down Migration
-- squawk-ignore-file ban-drop-table, ban-drop-function
DROP TRIGGER IF EXISTS mark_entry ON initiative_updates;
DROP TRIGGER IF EXISTS mark_entry ON project_updates;
DROP FUNCTION IF EXISTS mark_update_entry();
DROP TABLE IF EXISTS update_entries;
