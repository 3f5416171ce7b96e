-- Up Migration
-- squawk-ignore-file ban-drop-column
-- What is dropped was never shown, or is read anew by the next sync.
CREATE TABLE project_statuses (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  color TEXT,
  position DOUBLE PRECISION NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

-- Which project is part of which initiative.
CREATE TABLE initiative_projects (
  id TEXT COLLATE "C" PRIMARY KEY,
  initiative_id TEXT COLLATE "C" NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_initiative_projects_initiative_id ON initiative_projects (initiative_id);
CREATE INDEX idx_initiative_projects_project_id ON initiative_projects (project_id);

-- A status that is renamed changes no project, so its name belongs in a table of its own.
ALTER TABLE projects ADD COLUMN status_id TEXT COLLATE "C";
ALTER TABLE projects DROP COLUMN status_name;
ALTER TABLE projects DROP COLUMN status_type;
ALTER TABLE projects DROP COLUMN status_color;

-- Down Migration
ALTER TABLE projects ADD COLUMN status_color TEXT;
ALTER TABLE projects ADD COLUMN status_type TEXT;
ALTER TABLE projects ADD COLUMN status_name TEXT;
ALTER TABLE projects DROP COLUMN IF EXISTS status_id;
DROP TABLE IF EXISTS initiative_projects;
DROP TABLE IF EXISTS project_statuses;
