-- Up Migration
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid
-- Whom an admin has invited by mail; it is open until the person comes, or the admin takes it back.
CREATE TABLE invitations (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id INTEGER NOT NULL,
  invited_by INTEGER,
  note TEXT CHECK (length(note) <= 500),
  sent_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  sendings INTEGER NOT NULL DEFAULT 1,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT invitations_user_id_unique UNIQUE (user_id),
  CONSTRAINT invitations_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT invitations_invited_by_fk FOREIGN KEY (invited_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_invitations_invited_by ON invitations (invited_by);

-- Down Migration
-- squawk-ignore-file ban-drop-table
DROP TABLE IF EXISTS invitations;
