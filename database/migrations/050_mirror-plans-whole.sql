-- Up Migration
-- squawk-ignore-file ban-drop-column, ban-drop-table, require-concurrent-index-creation
-- What Linear has of plans beside dates: texts, health, how they went, what is written about them, what waits for what,
-- and in which release something came. `project_updates` has some thousand rows, which are indexed at once.
ALTER TABLE projects
  ADD COLUMN content TEXT,
  ADD COLUMN priority INTEGER,
  ADD COLUMN label_ids TEXT [] NOT NULL DEFAULT '{}',
  ADD COLUMN started_at TIMESTAMPTZ,
  ADD COLUMN completed_at TIMESTAMPTZ,
  ADD COLUMN canceled_at TIMESTAMPTZ,
  -- A number for the end of each week since the project was created.
  ADD COLUMN issue_count_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}',
  ADD COLUMN completed_issue_count_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}',
  ADD COLUMN scope_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}',
  ADD COLUMN completed_scope_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}',
  ADD COLUMN in_progress_scope_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}';
ALTER TABLE cycles
  ADD COLUMN description TEXT,
  -- A number for the end of each day of the cycle.
  ADD COLUMN issue_count_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}',
  ADD COLUMN completed_issue_count_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}',
  ADD COLUMN scope_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}',
  ADD COLUMN completed_scope_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}',
  ADD COLUMN in_progress_scope_history DOUBLE PRECISION [] NOT NULL DEFAULT '{}';
ALTER TABLE initiatives
  ADD COLUMN content TEXT,
  ADD COLUMN health TEXT,
  ADD COLUMN health_updated_at TIMESTAMPTZ,
  ADD COLUMN parent_initiative_id TEXT COLLATE "C",
  ADD COLUMN started_at TIMESTAMPTZ,
  ADD COLUMN completed_at TIMESTAMPTZ,
  ADD COLUMN canceled_at TIMESTAMPTZ;
ALTER TABLE backlog_items
  ADD COLUMN added_to_project_at TIMESTAMPTZ,
  ADD COLUMN added_to_cycle_at TIMESTAMPTZ,
  ADD COLUMN triaged_at TIMESTAMPTZ,
  ADD COLUMN sla_started_at TIMESTAMPTZ,
  ADD COLUMN sla_type TEXT;
CREATE INDEX idx_project_updates_created_at ON project_updates (created_at);
CREATE INDEX idx_initiatives_parent_initiative_id ON initiatives (parent_initiative_id)
WHERE parent_initiative_id IS NOT NULL;

CREATE TABLE project_labels (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT NOT NULL,
  color TEXT,
  parent_id TEXT COLLATE "C",
  is_group BOOLEAN NOT NULL DEFAULT FALSE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

-- Which project waits for which, or for a milestone of it.
CREATE TABLE project_relations (
  id TEXT COLLATE "C" PRIMARY KEY,
  type TEXT NOT NULL,
  anchor_type TEXT NOT NULL,
  related_anchor_type TEXT NOT NULL,
  project_id TEXT COLLATE "C" NOT NULL,
  related_project_id TEXT COLLATE "C" NOT NULL,
  project_milestone_id TEXT COLLATE "C",
  related_project_milestone_id TEXT COLLATE "C",
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_project_relations_project_id ON project_relations (project_id);
CREATE INDEX idx_project_relations_related_project_id ON project_relations (related_project_id);

CREATE TABLE initiative_updates (
  id TEXT COLLATE "C" PRIMARY KEY,
  initiative_id TEXT COLLATE "C" NOT NULL,
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
CREATE INDEX idx_initiative_updates_initiative_id_created_at ON initiative_updates (initiative_id, created_at);
CREATE INDEX idx_initiative_updates_created_at ON initiative_updates (created_at);

-- What somebody saved as a view in Linear; one that is not shared is its owner's alone.
CREATE TABLE custom_views (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT,
  icon TEXT,
  color TEXT,
  shared BOOLEAN NOT NULL DEFAULT FALSE,
  team_id TEXT COLLATE "C",
  slug_id TEXT,
  model_name TEXT,
  filter_data JSONB NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

CREATE TABLE release_pipelines (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT NOT NULL,
  type TEXT,
  trashed BOOLEAN NOT NULL DEFAULT FALSE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

CREATE TABLE release_stages (
  id TEXT COLLATE "C" PRIMARY KEY,
  pipeline_id TEXT COLLATE "C" NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  color TEXT,
  position DOUBLE PRECISION NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

CREATE TABLE releases (
  id TEXT COLLATE "C" PRIMARY KEY,
  pipeline_id TEXT COLLATE "C" NOT NULL,
  stage_id TEXT COLLATE "C",
  name TEXT NOT NULL,
  version TEXT,
  description TEXT,
  url TEXT,
  slug_id TEXT,
  start_date DATE,
  target_date DATE,
  started_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ,
  canceled_at TIMESTAMPTZ,
  trashed BOOLEAN NOT NULL DEFAULT FALSE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_releases_completed_at ON releases (completed_at);

CREATE TABLE release_notes (
  id TEXT COLLATE "C" PRIMARY KEY,
  pipeline_id TEXT COLLATE "C" NOT NULL,
  first_release_id TEXT COLLATE "C",
  last_release_id TEXT COLLATE "C",
  title TEXT,
  url TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

-- Which item is in which release.
CREATE TABLE item_releases (
  id TEXT COLLATE "C" PRIMARY KEY,
  issue_id TEXT COLLATE "C" NOT NULL,
  release_id TEXT COLLATE "C" NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_item_releases_issue_id ON item_releases (issue_id);
CREATE INDEX idx_item_releases_release_id ON item_releases (release_id);

-- Somebody outside of the workspace who wrote into it. Their mail address is never mirrored.
CREATE TABLE external_users (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT NOT NULL,
  display_name TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);

DO $$
DECLARE changed TEXT;
BEGIN
  FOREACH changed IN ARRAY ARRAY[
    'project_labels', 'project_relations', 'initiative_updates', 'custom_views', 'release_pipelines',
    'release_stages', 'releases', 'release_notes', 'item_releases', 'external_users'
  ] LOOP
    EXECUTE format(
      'CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
      'FOR EACH STATEMENT EXECUTE FUNCTION note_mirror_change()', changed
    );
  END LOOP;
END
$$;
-- What is mirrored already has none of it, so the next run reads these lists anew.
DELETE FROM sync_cursors WHERE stream IN ('projects', 'cycles', 'initiatives', 'issues');

-- Down Migration
DROP TABLE IF EXISTS external_users;
DROP TABLE IF EXISTS item_releases;
DROP TABLE IF EXISTS release_notes;
DROP TABLE IF EXISTS releases;
DROP TABLE IF EXISTS release_stages;
DROP TABLE IF EXISTS release_pipelines;
DROP TABLE IF EXISTS custom_views;
DROP TABLE IF EXISTS initiative_updates;
DROP TABLE IF EXISTS project_relations;
DROP TABLE IF EXISTS project_labels;
DELETE FROM sync_cursors WHERE stream IN (
  'project_labels', 'project_relations', 'initiative_updates', 'custom_views', 'release_pipelines',
  'release_stages', 'releases', 'release_notes', 'item_releases', 'external_users'
);
DELETE FROM sync_refusals WHERE stream IN (
  'project_labels', 'project_relations', 'initiative_updates', 'custom_views', 'release_pipelines',
  'release_stages', 'releases', 'release_notes', 'item_releases', 'external_users'
);
DROP INDEX IF EXISTS idx_project_updates_created_at;
ALTER TABLE backlog_items
  DROP COLUMN IF EXISTS sla_type,
  DROP COLUMN IF EXISTS sla_started_at,
  DROP COLUMN IF EXISTS triaged_at,
  DROP COLUMN IF EXISTS added_to_cycle_at,
  DROP COLUMN IF EXISTS added_to_project_at;
ALTER TABLE initiatives
  DROP COLUMN IF EXISTS canceled_at,
  DROP COLUMN IF EXISTS completed_at,
  DROP COLUMN IF EXISTS started_at,
  DROP COLUMN IF EXISTS parent_initiative_id,
  DROP COLUMN IF EXISTS health_updated_at,
  DROP COLUMN IF EXISTS health,
  DROP COLUMN IF EXISTS content;
ALTER TABLE cycles
  DROP COLUMN IF EXISTS in_progress_scope_history,
  DROP COLUMN IF EXISTS completed_scope_history,
  DROP COLUMN IF EXISTS scope_history,
  DROP COLUMN IF EXISTS completed_issue_count_history,
  DROP COLUMN IF EXISTS issue_count_history,
  DROP COLUMN IF EXISTS description;
ALTER TABLE projects
  DROP COLUMN IF EXISTS in_progress_scope_history,
  DROP COLUMN IF EXISTS completed_scope_history,
  DROP COLUMN IF EXISTS scope_history,
  DROP COLUMN IF EXISTS completed_issue_count_history,
  DROP COLUMN IF EXISTS issue_count_history,
  DROP COLUMN IF EXISTS canceled_at,
  DROP COLUMN IF EXISTS completed_at,
  DROP COLUMN IF EXISTS started_at,
  DROP COLUMN IF EXISTS label_ids,
  DROP COLUMN IF EXISTS priority,
  DROP COLUMN IF EXISTS content;
