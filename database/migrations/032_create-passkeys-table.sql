-- Up Migration
-- squawk-ignore-file ban-drop-column
-- The public halves of people's passkeys (WebAuthn): nothing here lets anybody in.
CREATE TABLE passkeys (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id INTEGER NOT NULL,
  credential_id BYTEA NOT NULL,
  -- The same id and the public key, as the authenticator gave them.
  credential BYTEA NOT NULL,
  -- By which the authenticator knows the person.
  user_handle BYTEA NOT NULL,
  -- Of the authenticator's uses, the most it told; 0 where it doesn't count.
  sign_count BIGINT NOT NULL,
  name TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  last_used_at TIMESTAMPTZ,
  CONSTRAINT passkeys_credential_id_unique UNIQUE (credential_id),
  CONSTRAINT passkeys_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX idx_passkeys_user_id ON passkeys (user_id);

-- The challenges (hashes of what stands in cookies) that were answered rightly, until they are too old to be answered again.
CREATE TABLE used_challenges (
  challenge BYTEA NOT NULL,
  used_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT used_challenges_pkey PRIMARY KEY (challenge)
);
CREATE INDEX idx_used_challenges_used_at ON used_challenges (used_at);

-- When somebody last came in by a way that an organisation closes for who leaves it: mail, provider, proxy.
ALTER TABLE users ADD COLUMN vouched_at TIMESTAMPTZ;
UPDATE users u SET vouched_at = s.created_at
FROM (SELECT user_id, max(created_at) AS created_at FROM sessions GROUP BY user_id) s WHERE s.user_id = u.id;

-- Down Migration
ALTER TABLE users DROP COLUMN IF EXISTS vouched_at;
DROP TABLE IF EXISTS used_challenges;
DROP TABLE IF EXISTS passkeys;
