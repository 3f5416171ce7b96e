-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- The mirror's tables have some 100,000 rows, which are indexed within seconds.

-- Up to 10,000 items of the list, a state, a person or a project are counted, with their points, without reading their
-- rows: those lie far apart.
DROP INDEX idx_backlog_items_rank_level_rank_place_id;
CREATE INDEX idx_backlog_items_rank_level_rank_place_id
ON backlog_items (rank_level DESC, rank_place DESC, id DESC)
INCLUDE (team_id, project_id, label_ids, estimate)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
DROP INDEX idx_backlog_items_state_id_rank_level_rank_place_id;
CREATE INDEX idx_backlog_items_state_id_rank_level_rank_place_id
ON backlog_items (state_id, rank_level DESC, rank_place DESC, id DESC)
INCLUDE (team_id, project_id, label_ids, estimate)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
DROP INDEX idx_backlog_items_assignee_id_rank_level_rank_place_id;
CREATE INDEX idx_backlog_items_assignee_id_rank_level_rank_place_id
ON backlog_items (assignee_id, rank_level DESC, rank_place DESC, id DESC)
INCLUDE (team_id, project_id, label_ids, estimate)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND assignee_id IS NOT NULL;
DROP INDEX idx_backlog_items_project_id_team_id;
CREATE INDEX idx_backlog_items_project_id_team_id ON backlog_items (project_id, team_id)
INCLUDE (state_id, label_ids, project_milestone_id, estimate)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND project_id IS NOT NULL;

-- What is archived by rank, and that of a state: of most states there is none, which else was found by reading all.
CREATE INDEX idx_backlog_items_rank_level_rank_place_id_archived
ON backlog_items (rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL;
CREATE INDEX idx_backlog_items_state_id_archived ON backlog_items (state_id)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL;

-- Down Migration
DROP INDEX IF EXISTS idx_backlog_items_state_id_archived;
DROP INDEX IF EXISTS idx_backlog_items_rank_level_rank_place_id_archived;
DROP INDEX idx_backlog_items_project_id_team_id;
CREATE INDEX idx_backlog_items_project_id_team_id ON backlog_items (project_id, team_id)
INCLUDE (state_id, label_ids, project_milestone_id)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND project_id IS NOT NULL;
DROP INDEX idx_backlog_items_assignee_id_rank_level_rank_place_id;
CREATE INDEX idx_backlog_items_assignee_id_rank_level_rank_place_id
ON backlog_items (assignee_id, rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND assignee_id IS NOT NULL;
DROP INDEX idx_backlog_items_state_id_rank_level_rank_place_id;
CREATE INDEX idx_backlog_items_state_id_rank_level_rank_place_id
ON backlog_items (state_id, rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
DROP INDEX idx_backlog_items_rank_level_rank_place_id;
CREATE INDEX idx_backlog_items_rank_level_rank_place_id
ON backlog_items (rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
