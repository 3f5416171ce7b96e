-- Up Migration
-- squawk-ignore-file ban-drop-column
-- What dates, estimates, comments and authors mean in Linear: how exact a date is, by which scale is estimated, who
-- spoke, what Linear hides.
ALTER TABLE teams ADD COLUMN retired_at TIMESTAMPTZ, ADD COLUMN issue_estimation_type TEXT;
ALTER TABLE projects
  ADD COLUMN start_date_resolution TEXT,
  ADD COLUMN target_date_resolution TEXT,
  ADD COLUMN health_updated_at TIMESTAMPTZ,
  ADD COLUMN trashed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE initiatives ADD COLUMN target_date_resolution TEXT, ADD COLUMN trashed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE backlog_items ADD COLUMN external_user_creator_name TEXT, ADD COLUMN bot_actor_name TEXT;
ALTER TABLE comments
  ADD COLUMN project_id TEXT COLLATE "C",
  ADD COLUMN project_update_id TEXT COLLATE "C",
  ADD COLUMN initiative_id TEXT COLLATE "C",
  ADD COLUMN initiative_update_id TEXT COLLATE "C",
  ADD COLUMN document_content_id TEXT COLLATE "C",
  ADD COLUMN external_user_name TEXT,
  ADD COLUMN bot_actor_name TEXT,
  ADD COLUMN hide_in_linear BOOLEAN;
-- What is mirrored already has none of it, so the next run reads these lists anew.
DELETE FROM sync_cursors WHERE stream IN ('teams', 'projects', 'initiatives', 'comments');

-- Down Migration
ALTER TABLE comments
  DROP COLUMN IF EXISTS hide_in_linear,
  DROP COLUMN IF EXISTS bot_actor_name,
  DROP COLUMN IF EXISTS external_user_name,
  DROP COLUMN IF EXISTS document_content_id,
  DROP COLUMN IF EXISTS initiative_update_id,
  DROP COLUMN IF EXISTS initiative_id,
  DROP COLUMN IF EXISTS project_update_id,
  DROP COLUMN IF EXISTS project_id;
ALTER TABLE backlog_items DROP COLUMN IF EXISTS bot_actor_name, DROP COLUMN IF EXISTS external_user_creator_name;
ALTER TABLE initiatives DROP COLUMN IF EXISTS trashed, DROP COLUMN IF EXISTS target_date_resolution;
ALTER TABLE projects
  DROP COLUMN IF EXISTS trashed,
  DROP COLUMN IF EXISTS health_updated_at,
  DROP COLUMN IF EXISTS target_date_resolution,
  DROP COLUMN IF EXISTS start_date_resolution;
ALTER TABLE teams DROP COLUMN IF EXISTS issue_estimation_type, DROP COLUMN IF EXISTS retired_at;
