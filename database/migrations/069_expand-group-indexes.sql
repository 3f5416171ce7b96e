-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- What a viewer group sees of a team is counted, and the newest with its labels are found, without reading rows. Lists
-- are read by the old indexes until the new ones are there.
CREATE INDEX idx_backlog_items_team_id_rank_level_rank_place_id_counted
ON backlog_items (team_id, rank_level DESC, rank_place DESC, id DESC)
INCLUDE (project_id, label_ids, estimate)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_created_at_id_counted ON backlog_items (created_at DESC, id DESC)
INCLUDE (team_id, project_id, archived_at, label_ids)
WHERE removed_at IS NULL AND NOT trashed;
DROP INDEX idx_backlog_items_team_id_rank_level_rank_place_id;
DROP INDEX idx_backlog_items_created_at_id_all;

-- Down Migration
CREATE INDEX idx_backlog_items_created_at_id_all ON backlog_items (created_at DESC, id DESC)
INCLUDE (team_id, project_id, label_ids)
WHERE removed_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_team_id_rank_level_rank_place_id
ON backlog_items (team_id, rank_level DESC, rank_place DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
DROP INDEX IF EXISTS idx_backlog_items_created_at_id_counted;
DROP INDEX IF EXISTS idx_backlog_items_team_id_rank_level_rank_place_id_counted;
