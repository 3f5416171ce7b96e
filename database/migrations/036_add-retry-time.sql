-- Up Migration
-- squawk-ignore-file ban-drop-column
-- When the next automatic run may begin at the earliest, after one that Linear turned away.
ALTER TABLE sync_history ADD COLUMN retry_at TIMESTAMPTZ;

-- Down Migration
ALTER TABLE sync_history DROP COLUMN IF EXISTS retry_at;
