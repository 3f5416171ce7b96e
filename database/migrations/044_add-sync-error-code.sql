-- Up Migration
-- squawk-ignore-file ban-drop-column
-- By which code people and programs know why a run failed.
ALTER TABLE sync_history ADD COLUMN error_code TEXT;

-- Down Migration
ALTER TABLE sync_history DROP COLUMN IF EXISTS error_code;
