-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation, adding-field-with-default
-- The mirror's tables have some 100,000 rows, which are indexed within seconds.

-- What teams write about the progress of projects and initiatives. Where descriptions or comments were hidden, nobody
-- has chosen to show other texts.
ALTER TABLE sharing_settings ADD COLUMN shows_updates BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE sharing_settings SET shows_updates = shows_descriptions AND shows_comments;

-- By what an address names a project.
CREATE INDEX idx_projects_lower_name ON projects (lower(name));
CREATE INDEX idx_projects_slug_id ON projects (slug_id);

-- Whether anything of a project is shown, when all of it is archived.
CREATE INDEX idx_backlog_items_project_id_team_id_archived ON backlog_items (project_id, team_id) INCLUDE (label_ids)
WHERE removed_at IS NULL AND NOT trashed AND archived_at IS NOT NULL AND project_id IS NOT NULL;

-- What was said of a project or of an update, among the comments of items.
CREATE INDEX idx_comments_project_id ON comments (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX idx_comments_project_update_id ON comments (project_update_id) WHERE project_update_id IS NOT NULL;
CREATE INDEX idx_comments_initiative_id ON comments (initiative_id) WHERE initiative_id IS NOT NULL;
CREATE INDEX idx_comments_initiative_update_id ON comments (initiative_update_id)
WHERE initiative_update_id IS NOT NULL;

-- Down Migration
-- squawk-ignore-file ban-drop-column
DROP INDEX IF EXISTS idx_comments_initiative_update_id;
DROP INDEX IF EXISTS idx_comments_initiative_id;
DROP INDEX IF EXISTS idx_comments_project_update_id;
DROP INDEX IF EXISTS idx_comments_project_id;
DROP INDEX IF EXISTS idx_backlog_items_project_id_team_id_archived;
DROP INDEX IF EXISTS idx_projects_slug_id;
DROP INDEX IF EXISTS idx_projects_lower_name;
ALTER TABLE sharing_settings DROP COLUMN shows_updates;
