-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- The list narrowed to an estimate, where few items have it.
CREATE INDEX idx_backlog_items_estimate_updated_at_id ON backlog_items (estimate, updated_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND estimate IS NOT NULL;

-- Down Migration
DROP INDEX IF EXISTS idx_backlog_items_estimate_updated_at_id;
