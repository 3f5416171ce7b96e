-- Up Migration
-- The mirror has no foreign keys: Linear shows references to rows that the key may not read, in any order.
CREATE TABLE teams (
  id TEXT COLLATE "C" PRIMARY KEY,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  display_name TEXT,
  description TEXT,
  color TEXT,
  icon TEXT,
  private BOOLEAN NOT NULL DEFAULT FALSE,
  parent_id TEXT COLLATE "C",
  timezone TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_teams_key ON teams (key);

CREATE TABLE workflow_states (
  id TEXT COLLATE "C" PRIMARY KEY,
  team_id TEXT COLLATE "C",
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  color TEXT,
  position DOUBLE PRECISION NOT NULL DEFAULT 0,
  description TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_workflow_states_team_id ON workflow_states (team_id);
CREATE INDEX idx_workflow_states_type ON workflow_states (type);

CREATE TABLE labels (
  id TEXT COLLATE "C" PRIMARY KEY,
  team_id TEXT COLLATE "C",
  name TEXT NOT NULL,
  color TEXT,
  description TEXT,
  parent_id TEXT COLLATE "C",
  is_group BOOLEAN NOT NULL DEFAULT FALSE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_labels_team_id ON labels (team_id);

-- A person of the workspace. Their mail address is never mirrored.
CREATE TABLE people (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT NOT NULL,
  display_name TEXT,
  avatar_url TEXT,
  active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

CREATE TABLE projects (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT NOT NULL,
  slug_id TEXT,
  url TEXT,
  description TEXT,
  color TEXT,
  icon TEXT,
  status_name TEXT,
  status_type TEXT,
  status_color TEXT,
  start_date DATE,
  target_date DATE,
  progress DOUBLE PRECISION,
  health TEXT,
  lead_id TEXT COLLATE "C",
  sort_order DOUBLE PRECISION,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

CREATE TABLE project_milestones (
  id TEXT COLLATE "C" PRIMARY KEY,
  project_id TEXT COLLATE "C",
  name TEXT NOT NULL,
  description TEXT,
  target_date DATE,
  sort_order DOUBLE PRECISION,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_project_milestones_project_id ON project_milestones (project_id);

CREATE TABLE cycles (
  id TEXT COLLATE "C" PRIMARY KEY,
  team_id TEXT COLLATE "C",
  number INTEGER NOT NULL,
  name TEXT,
  starts_at TIMESTAMPTZ,
  ends_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_cycles_team_id ON cycles (team_id);

CREATE TABLE initiatives (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT NOT NULL,
  slug_id TEXT,
  url TEXT,
  description TEXT,
  color TEXT,
  icon TEXT,
  status TEXT,
  target_date DATE,
  owner_id TEXT COLLATE "C",
  sort_order DOUBLE PRECISION,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

-- Down Migration
DROP TABLE IF EXISTS initiatives;
DROP TABLE IF EXISTS cycles;
DROP TABLE IF EXISTS project_milestones;
DROP TABLE IF EXISTS projects;
DROP TABLE IF EXISTS people;
DROP TABLE IF EXISTS labels;
DROP TABLE IF EXISTS workflow_states;
DROP TABLE IF EXISTS teams;
