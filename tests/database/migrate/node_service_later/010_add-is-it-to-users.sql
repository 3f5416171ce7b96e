-- Up Migration
ALTER TABLE users ADD COLUMN is_it BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX idx_users_is_it ON users(is_it);

-- Down Migration
ALTER TABLE users DROP COLUMN is_it;
