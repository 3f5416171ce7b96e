-- Up Migration
-- When the newest backup was made; one row, from the first backup on.
CREATE TABLE last_backups (
  id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  made_at TIMESTAMPTZ NOT NULL
);

-- Down Migration
-- squawk-ignore-file ban-drop-table
DROP TABLE IF EXISTS last_backups;
