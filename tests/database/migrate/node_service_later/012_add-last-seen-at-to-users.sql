-- Up Migration
ALTER TABLE users ADD COLUMN last_seen_at TIMESTAMPTZ;

-- Down Migration
ALTER TABLE users DROP COLUMN last_seen_at;
