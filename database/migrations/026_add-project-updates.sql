-- Up Migration
-- What teams write about the progress of their projects.
CREATE TABLE project_updates (
  id TEXT COLLATE "C" PRIMARY KEY,
  project_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C",
  body TEXT NOT NULL,
  health TEXT,
  url TEXT,
  diff_markdown TEXT,
  is_diff_hidden BOOLEAN NOT NULL DEFAULT TRUE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  edited_at TIMESTAMPTZ,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_project_updates_project_id_created_at ON project_updates (project_id, created_at);
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON project_updates
FOR EACH STATEMENT EXECUTE FUNCTION note_mirror_change();

-- Down Migration
DROP TABLE IF EXISTS project_updates;
