-- Up Migration
-- What admins choose for the whole place; one row.
CREATE TABLE settings (
  id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  rank_order TEXT NOT NULL DEFAULT 'priority' CHECK (rank_order IN ('priority', 'manual')),
  -- From Monday, 1, to Sunday, 7; NULL for no regular meeting.
  meeting_weekday SMALLINT DEFAULT 2 CHECK (meeting_weekday BETWEEN 1 AND 7),
  -- Every second week is counted from this day, or from the first such weekday after it.
  meeting_first_day DATE NOT NULL DEFAULT '2026-01-06',
  -- What an admin said instead; it counts for as long as it stands here.
  last_meeting_day DATE,
  -- Counts the changes, so that the second of two admins at once is told.
  version INTEGER NOT NULL DEFAULT 1,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
INSERT INTO settings DEFAULT VALUES;

CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON settings
FOR EACH STATEMENT EXECUTE FUNCTION note_mirror_change();

-- Down Migration
-- squawk-ignore-file ban-drop-table
DROP TABLE IF EXISTS settings;
