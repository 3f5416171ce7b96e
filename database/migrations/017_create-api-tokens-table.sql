-- Up Migration

-- By which programs of a person read the API.
CREATE TABLE api_tokens (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  -- SHA-256 of the token; the token itself is stored nowhere.
  token_hash BYTEA NOT NULL,
  -- What it may ask for: items, me.
  scopes TEXT [] NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  last_used_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,
  revoked_at TIMESTAMPTZ,
  CONSTRAINT api_tokens_token_hash_unique UNIQUE (token_hash),
  CONSTRAINT api_tokens_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX idx_api_tokens_user_id ON api_tokens (user_id);

-- Down Migration
DROP TABLE IF EXISTS api_tokens;
