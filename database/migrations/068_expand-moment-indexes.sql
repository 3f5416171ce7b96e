-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- Up to 20,000 items are counted by when they came in or were done, and those that are open by their age, without
-- reading their rows: those lie far apart. What is archived came in, too.
DROP INDEX idx_backlog_items_created_at_id_archived;
CREATE INDEX idx_backlog_items_created_at_id_all ON backlog_items (created_at DESC, id DESC)
INCLUDE (team_id, project_id, label_ids)
WHERE removed_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_team_id_created_at_id ON backlog_items (team_id, created_at DESC, id DESC)
INCLUDE (project_id, state_id, rank_level, archived_at, label_ids)
WHERE removed_at IS NULL AND NOT trashed;
DROP INDEX idx_backlog_items_completed_at_id;
CREATE INDEX idx_backlog_items_completed_at_id ON backlog_items (completed_at DESC, id DESC)
INCLUDE (team_id, project_id, label_ids, started_at)
WHERE removed_at IS NULL AND NOT trashed AND completed_at IS NOT NULL;
DROP INDEX idx_backlog_items_team_id_completed_at_id;
CREATE INDEX idx_backlog_items_team_id_completed_at_id ON backlog_items (team_id, completed_at DESC, id DESC)
INCLUDE (project_id, label_ids, started_at)
WHERE removed_at IS NULL AND NOT trashed AND completed_at IS NOT NULL;

-- Down Migration
DROP INDEX idx_backlog_items_team_id_completed_at_id;
CREATE INDEX idx_backlog_items_team_id_completed_at_id ON backlog_items (team_id, completed_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND completed_at IS NOT NULL;
DROP INDEX idx_backlog_items_completed_at_id;
CREATE INDEX idx_backlog_items_completed_at_id ON backlog_items (completed_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND completed_at IS NOT NULL;
DROP INDEX IF EXISTS idx_backlog_items_team_id_created_at_id;
DROP INDEX IF EXISTS idx_backlog_items_created_at_id_all;
CREATE INDEX idx_backlog_items_created_at_id_archived ON backlog_items (created_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL;
