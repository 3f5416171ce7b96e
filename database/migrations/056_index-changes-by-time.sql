-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- The latest changes of all fields that lists are compared by: without it all since a day are read and sorted.
CREATE INDEX idx_field_changes_changed_at_entity_id ON field_changes (changed_at DESC, entity_id DESC)
WHERE field IN ('state', 'priority', 'due_date', 'project', 'estimate');

-- Down Migration
DROP INDEX IF EXISTS idx_field_changes_changed_at_entity_id;
