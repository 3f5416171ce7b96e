-- Up Migration
-- What a run is at, in words, while it runs; what Linear last said of the key's budget; and what a full run found
-- gone but did not hide, as it was too much: {"issues": {"gone": 12, "live": 40}}.
ALTER TABLE sync_history ADD COLUMN activity TEXT;
ALTER TABLE sync_history ADD COLUMN budget JSONB;
ALTER TABLE sync_history ADD COLUMN held JSONB;

-- Down Migration
-- squawk-ignore-file ban-drop-column
ALTER TABLE sync_history DROP COLUMN IF EXISTS held;
ALTER TABLE sync_history DROP COLUMN IF EXISTS budget;
ALTER TABLE sync_history DROP COLUMN IF EXISTS activity;
