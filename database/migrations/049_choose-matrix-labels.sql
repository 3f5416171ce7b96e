-- Up Migration
-- By which group of labels the matrix shows importance; NULL for by priority. It may be gone from Linear one day.
ALTER TABLE settings ADD COLUMN matrix_label_group_id TEXT COLLATE "C";

-- Down Migration
-- squawk-ignore-file ban-drop-column
ALTER TABLE settings DROP COLUMN matrix_label_group_id;
