-- Up Migration
CREATE TABLE user_preferences (
  id SERIAL PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  preferences JSONB NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT user_preferences_user_id_unique UNIQUE (user_id)
);
CREATE INDEX idx_user_preferences_user_id ON user_preferences(user_id);

-- Down Migration
DROP TABLE IF EXISTS user_preferences;
