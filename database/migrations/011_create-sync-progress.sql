-- Up Migration
-- squawk-ignore-file ban-drop-column
-- How far each stream of the mirror has come, by the clock of Linear:
-- complete_until: every change before it is mirrored (null: the stream was never read to its end);
-- window_until, window_reached: a window under way makes the stream complete until the first, and has stored all
-- that changed since the second (null: no window is under way).
ALTER TABLE sync_cursors DROP COLUMN page_cursor;
ALTER TABLE sync_cursors DROP COLUMN updated_at_seen;
ALTER TABLE sync_cursors ADD COLUMN complete_until TIMESTAMPTZ;
ALTER TABLE sync_cursors ADD COLUMN window_until TIMESTAMPTZ;
ALTER TABLE sync_cursors ADD COLUMN window_reached TIMESTAMPTZ;
ALTER TABLE sync_cursors ADD COLUMN workspace_id TEXT;

-- What a sweep saw in Linear, until it is compared with the mirror.
CREATE TABLE sweep_entries (
  stream TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  trashed BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (stream, id)
);

-- What Linear counted when the mirror last agreed with it; another count means that something came or went.
ALTER TABLE teams ADD COLUMN issue_count INTEGER;
ALTER TABLE teams ADD COLUMN unarchived_issue_count INTEGER;

ALTER TABLE sync_history ADD COLUMN is_full BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sync_history ADD COLUMN removals_allowed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sync_history ADD COLUMN streams JSONB;
ALTER TABLE sync_history ADD COLUMN requests INTEGER;
ALTER TABLE sync_history ADD COLUMN points INTEGER;
ALTER TABLE sync_history ADD COLUMN next_step TEXT;

-- Down Migration
ALTER TABLE sync_history DROP COLUMN IF EXISTS next_step;
ALTER TABLE sync_history DROP COLUMN IF EXISTS points;
ALTER TABLE sync_history DROP COLUMN IF EXISTS requests;
ALTER TABLE sync_history DROP COLUMN IF EXISTS streams;
ALTER TABLE sync_history DROP COLUMN IF EXISTS removals_allowed;
ALTER TABLE sync_history DROP COLUMN IF EXISTS is_full;
ALTER TABLE teams DROP COLUMN IF EXISTS unarchived_issue_count;
ALTER TABLE teams DROP COLUMN IF EXISTS issue_count;
DROP TABLE IF EXISTS sweep_entries;
ALTER TABLE sync_cursors ADD COLUMN page_cursor TEXT;
ALTER TABLE sync_cursors ADD COLUMN updated_at_seen TIMESTAMPTZ;
ALTER TABLE sync_cursors DROP COLUMN IF EXISTS workspace_id;
ALTER TABLE sync_cursors DROP COLUMN IF EXISTS window_reached;
ALTER TABLE sync_cursors DROP COLUMN IF EXISTS window_until;
ALTER TABLE sync_cursors DROP COLUMN IF EXISTS complete_until;
