-- Up Migration
-- Mails that wait to be sent; a row goes once its mail is sent. Secrets are not stored: params name what the text is
-- made of at the time of sending, like {"link_id": 17}. Whoever sends puts next_try_at off first, so that no other
-- process takes the row meanwhile; given_up_at is set when it is too late, or no use, to try again.
CREATE TABLE outgoing_mails (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  params JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ NOT NULL,
  next_try_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  tries INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  last_error_at TIMESTAMPTZ,
  given_up_at TIMESTAMPTZ
);
CREATE INDEX idx_outgoing_mails_next_try_at ON outgoing_mails (next_try_at) WHERE given_up_at IS NULL;

-- Down Migration
DROP TABLE IF EXISTS outgoing_mails;
