-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation, adding-field-with-default
-- What stands where in the order of rank. The table is written anew, which takes some seconds for 100,000 items.

ALTER TABLE backlog_items
-- Urgent stands highest at 4, no priority at 0; what nothing is left to do of comes after all else.
ADD COLUMN rank_level INTEGER NOT NULL GENERATED ALWAYS AS (
  CASE WHEN completed_at IS NULL AND canceled_at IS NULL THEN mod(5 - priority, 5) ELSE -1 END
) STORED,
-- Linear shows lower values first. What an import gave no place comes after, newest first; and what is done by when it
-- was, newest first.
ADD COLUMN rank_place DOUBLE PRECISION NOT NULL GENERATED ALWAYS AS (
  coalesce(
    extract(EPOCH FROM coalesce(completed_at, canceled_at) - TIMESTAMPTZ '2000-01-01 00:00:00Z'),
    -priority_sort_order,
    extract(EPOCH FROM created_at - TIMESTAMPTZ '2000-01-01 00:00:00Z') - 1e12
  )
) STORED,
ADD COLUMN manual_place DOUBLE PRECISION NOT NULL GENERATED ALWAYS AS (
  coalesce(
    extract(EPOCH FROM coalesce(completed_at, canceled_at) - TIMESTAMPTZ '2000-01-01 00:00:00Z'),
    -sort_order,
    extract(EPOCH FROM created_at - TIMESTAMPTZ '2000-01-01 00:00:00Z') - 1e12
  )
) STORED;

CREATE INDEX idx_backlog_items_rank_level_rank_place_id
ON backlog_items (rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
-- An admin may choose Linear's manual order: then there are open items, and others.
CREATE INDEX idx_backlog_items_rank_level_manual_place_id
ON backlog_items ((least(rank_level, 0)) DESC, manual_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;

-- The latest due date first: what has none stands last both ways, so one index is not enough.
CREATE INDEX idx_backlog_items_due_date_id_latest
ON backlog_items ((coalesce(due_date, '0001-01-01')) DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;

-- What the list is narrowed to most.
CREATE INDEX idx_backlog_items_team_id_rank_level_rank_place_id
ON backlog_items (team_id, rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_state_id_rank_level_rank_place_id
ON backlog_items (state_id, rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_project_id_rank_level_rank_place_id
ON backlog_items (project_id, rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND project_id IS NOT NULL;
CREATE INDEX idx_backlog_items_assignee_id_rank_level_rank_place_id
ON backlog_items (assignee_id, rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND assignee_id IS NOT NULL;

-- Down Migration
-- squawk-ignore-file ban-drop-column
DROP INDEX IF EXISTS idx_backlog_items_due_date_id_latest;
ALTER TABLE backlog_items
DROP COLUMN IF EXISTS manual_place,
DROP COLUMN IF EXISTS rank_place,
DROP COLUMN IF EXISTS rank_level;
