-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- The mirror's tables have some 100,000 rows, which are indexed within seconds.

-- The orders of the list.
CREATE INDEX idx_backlog_items_created_at_id ON backlog_items (created_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
-- Urgent (1) comes first and none (0) last.
CREATE INDEX idx_backlog_items_priority_updated_at_id
ON backlog_items ((mod(5 - priority, 5)) DESC, updated_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_due_date_id ON backlog_items ((coalesce(due_date, '9999-12-31')), id)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_sort_order_id ON backlog_items ((coalesce(sort_order, 'Infinity')), id)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;

-- What it is narrowed to and grouped by.
CREATE INDEX idx_backlog_items_assignee_id_updated_at_id ON backlog_items (assignee_id, updated_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND assignee_id IS NOT NULL;
CREATE INDEX idx_backlog_items_creator_id_updated_at_id ON backlog_items (creator_id, updated_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND creator_id IS NOT NULL;
CREATE INDEX idx_backlog_items_cycle_id_updated_at_id ON backlog_items (cycle_id, updated_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND cycle_id IS NOT NULL;
CREATE INDEX idx_backlog_items_project_milestone_id ON backlog_items (project_milestone_id)
WHERE removed_at IS NULL AND NOT trashed AND project_milestone_id IS NOT NULL;
-- The progress of projects, without reading their items' rows.
CREATE INDEX idx_backlog_items_project_id_team_id ON backlog_items (project_id, team_id)
INCLUDE (state_id, label_ids, project_milestone_id)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND project_id IS NOT NULL;

-- What is archived stands apart: it is rarely asked for, and may be most of a backlog.
CREATE INDEX idx_backlog_items_updated_at_id_archived ON backlog_items (updated_at DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL;

-- Down Migration
DROP INDEX IF EXISTS idx_backlog_items_updated_at_id_archived;
DROP INDEX IF EXISTS idx_backlog_items_project_id_team_id;
DROP INDEX IF EXISTS idx_backlog_items_project_milestone_id;
DROP INDEX IF EXISTS idx_backlog_items_cycle_id_updated_at_id;
DROP INDEX IF EXISTS idx_backlog_items_creator_id_updated_at_id;
DROP INDEX IF EXISTS idx_backlog_items_assignee_id_updated_at_id;
DROP INDEX IF EXISTS idx_backlog_items_sort_order_id;
DROP INDEX IF EXISTS idx_backlog_items_due_date_id;
DROP INDEX IF EXISTS idx_backlog_items_priority_updated_at_id;
DROP INDEX IF EXISTS idx_backlog_items_created_at_id;
