-- Up Migration
-- squawk-ignore-file ban-drop-column, adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
-- The tables that are altered here hold people, of whom there are few.

-- Viewers in a group see only a part of what is shown; those in none see all of it.
CREATE TABLE viewer_groups (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT viewer_groups_name_unique UNIQUE (name)
);

ALTER TABLE users
ADD COLUMN access_note TEXT,
ADD COLUMN decision_reason TEXT,
ADD COLUMN access_until TIMESTAMPTZ,
ADD COLUMN viewer_group_id INTEGER,
ADD CONSTRAINT users_viewer_group_id_fk
FOREIGN KEY (viewer_group_id) REFERENCES viewer_groups (id) ON DELETE RESTRICT;
CREATE INDEX idx_users_viewer_group_id ON users (viewer_group_id);
-- The Node service compared addresses as they were typed; here they are the same in any case.
CREATE INDEX idx_users_lower_email ON users (lower(email));

-- How a person is known to an identity provider, which is never by the mail address.
CREATE TABLE user_identities (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id INTEGER NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT user_identities_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_identities_issuer_subject_unique UNIQUE (issuer, subject)
);
CREATE INDEX idx_user_identities_user_id ON user_identities (user_id);

CREATE TABLE sessions (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- SHA-256 of the cookie; the cookie itself is stored nowhere.
  token_hash BYTEA NOT NULL,
  user_id INTEGER NOT NULL,
  -- How the person signed in: link, code, oidc, proxy.
  method TEXT NOT NULL,
  viewing_as_user_id INTEGER,
  ip_address TEXT,
  user_agent TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  last_seen_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT sessions_token_hash_unique UNIQUE (token_hash),
  CONSTRAINT sessions_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT sessions_viewing_as_user_id_fk
  FOREIGN KEY (viewing_as_user_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_sessions_user_id ON sessions (user_id);
CREATE INDEX idx_sessions_viewing_as_user_id ON sessions (viewing_as_user_id);

CREATE TABLE sign_in_links (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email TEXT NOT NULL,
  -- The token and the code are derived from this and SECRET_KEY, so that the mail can be written later.
  salt BYTEA NOT NULL,
  token_hash BYTEA NOT NULL,
  -- Null for a link that the operator made: the token alone is enough.
  browser_hash BYTEA,
  next_path TEXT NOT NULL DEFAULT '/',
  tries_left INTEGER NOT NULL DEFAULT 5,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  expires_at TIMESTAMPTZ NOT NULL,
  used_at TIMESTAMPTZ,
  CONSTRAINT sign_in_links_token_hash_unique UNIQUE (token_hash)
);
CREATE INDEX idx_sign_in_links_email ON sign_in_links (email);
CREATE INDEX idx_sign_in_links_expires_at ON sign_in_links (expires_at);

-- How often something was tried within a window of time, by all processes together.
CREATE TABLE rate_limits (
  key TEXT COLLATE "C" NOT NULL,
  window_starts_at TIMESTAMPTZ NOT NULL,
  count INTEGER NOT NULL,
  CONSTRAINT rate_limits_pkey PRIMARY KEY (key, window_starts_at)
);
CREATE INDEX idx_rate_limits_window_starts_at ON rate_limits (window_starts_at);

-- Down Migration
DROP TABLE IF EXISTS rate_limits;
DROP TABLE IF EXISTS sign_in_links;
DROP TABLE IF EXISTS sessions;
DROP TABLE IF EXISTS user_identities;
DROP INDEX IF EXISTS idx_users_lower_email;
ALTER TABLE users
DROP COLUMN viewer_group_id,
DROP COLUMN access_until,
DROP COLUMN decision_reason,
DROP COLUMN access_note;
DROP TABLE IF EXISTS viewer_groups;
