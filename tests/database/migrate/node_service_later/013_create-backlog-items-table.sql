-- Up Migration
CREATE TABLE backlog_items (
  id TEXT PRIMARY KEY,
  identifier TEXT NOT NULL,
  title TEXT NOT NULL,
  created_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ
);

-- Down Migration
DROP TABLE IF EXISTS backlog_items;
