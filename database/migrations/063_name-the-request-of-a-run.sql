-- Up Migration
-- The id of the request that asked for a run, which the log's events of both have.
ALTER TABLE sync_history ADD COLUMN request_id TEXT;

-- Down Migration
-- squawk-ignore ban-drop-column
ALTER TABLE sync_history DROP COLUMN IF EXISTS request_id;
