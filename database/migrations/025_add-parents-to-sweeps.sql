-- Up Migration
-- A parent that the key comes to see moves nothing of its children: a sweep compares it too.
ALTER TABLE sweep_entries ADD COLUMN parent_id TEXT COLLATE "C";

-- Down Migration
-- squawk-ignore ban-drop-column
ALTER TABLE sweep_entries DROP COLUMN IF EXISTS parent_id;
