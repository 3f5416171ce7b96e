-- Up Migration
CREATE TABLE label_visibility (
  id SERIAL PRIMARY KEY,
  label_name VARCHAR(255) UNIQUE NOT NULL,
  is_visible BOOLEAN NOT NULL DEFAULT FALSE,
  show_on_cards BOOLEAN NOT NULL DEFAULT TRUE,
  first_seen_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  reviewed_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_by INTEGER REFERENCES users(id) ON DELETE SET NULL
);

-- Down Migration
DROP TABLE IF EXISTS label_visibility;
