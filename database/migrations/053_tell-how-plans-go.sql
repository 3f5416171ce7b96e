-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- What is archived of a cycle, which its pictures count, too.
CREATE INDEX idx_backlog_items_cycle_id_archived ON backlog_items (cycle_id)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL AND cycle_id IS NOT NULL;
-- What came in lately, archived or not.
CREATE INDEX idx_backlog_items_created_at_id_archived ON backlog_items (created_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL;
-- What a team did lately.
CREATE INDEX idx_backlog_items_team_id_completed_at_id ON backlog_items (team_id, completed_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND completed_at IS NOT NULL;

-- How far the past of items was read from Linear, which is done once: of all items up to this id.
CREATE TABLE state_pasts (
  id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  reached_id TEXT COLLATE "C" NOT NULL DEFAULT '',
  completed_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
INSERT INTO state_pasts DEFAULT VALUES;
-- What is made of the past is made anew once it is whole.
CREATE TRIGGER note_change AFTER UPDATE OF completed_at ON state_pasts
FOR EACH STATEMENT EXECUTE FUNCTION note_mirror_change();

-- Down Migration
-- squawk-ignore-file ban-drop-table
DROP TABLE IF EXISTS state_pasts;
DROP INDEX IF EXISTS idx_backlog_items_team_id_completed_at_id;
DROP INDEX IF EXISTS idx_backlog_items_created_at_id_archived;
DROP INDEX IF EXISTS idx_backlog_items_cycle_id_archived;
