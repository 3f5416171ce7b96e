-- Up Migration
-- What each person has seen of what came: all that was created up to a time, and some items after it. One short row
-- for each, however many items there are. Who has no row was never here.
CREATE TABLE seen_marks (
  user_id INTEGER PRIMARY KEY,
  -- By Linear's clock, as items say when they were created.
  seen_until TIMESTAMPTZ NOT NULL,
  item_ids TEXT [] NOT NULL DEFAULT '{}',
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT seen_marks_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Down Migration
-- squawk-ignore-file ban-drop-table
DROP TABLE IF EXISTS seen_marks;
