-- Up Migration
-- What somebody was about to do when they were asked to sign in again, for an hour; only in the browser that sent it.
CREATE TABLE held_forms (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id INTEGER NOT NULL,
  browser_hash BYTEA NOT NULL,
  -- In words: "delete a person".
  act TEXT NOT NULL,
  -- Where it was sent to, and the page that it came from.
  path TEXT NOT NULL,
  back_path TEXT NOT NULL,
  -- The fields, encoded as a browser sends them.
  fields TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT held_forms_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX idx_held_forms_user_id ON held_forms (user_id);

-- Down Migration
DROP TABLE IF EXISTS held_forms;
