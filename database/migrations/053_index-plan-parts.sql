-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- What is archived of a project or a cycle, which its pictures count, too.
CREATE INDEX idx_backlog_items_project_id_archived ON backlog_items (project_id)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL AND project_id IS NOT NULL;
CREATE INDEX idx_backlog_items_cycle_id_archived ON backlog_items (cycle_id)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL AND cycle_id IS NOT NULL;
-- What came in lately, archived or not.
CREATE INDEX idx_backlog_items_created_at_id_archived ON backlog_items (created_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL;
-- What a team did lately.
CREATE INDEX idx_backlog_items_team_id_completed_at_id ON backlog_items (team_id, completed_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND completed_at IS NOT NULL;

-- Down Migration
DROP INDEX IF EXISTS idx_backlog_items_team_id_completed_at_id;
DROP INDEX IF EXISTS idx_backlog_items_created_at_id_archived;
DROP INDEX IF EXISTS idx_backlog_items_cycle_id_archived;
DROP INDEX IF EXISTS idx_backlog_items_project_id_archived;
