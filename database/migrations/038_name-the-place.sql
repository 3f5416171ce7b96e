-- Up Migration
-- squawk-ignore-file adding-field-with-default, constraint-missing-not-valid, adding-not-nullable-field
-- The table has one row.
ALTER TABLE settings
ADD COLUMN place_name TEXT NOT NULL DEFAULT 'Backlog' CHECK (length(place_name) BETWEEN 1 AND 60),
-- As it was chosen; what is shown of it is toned for each scheme. NULL for the product's own.
ADD COLUMN place_color TEXT CHECK (place_color ~ '^#[0-9a-f]{6}$'),
-- Another one after each change of the logo, NULL without one.
ADD COLUMN logo_hash TEXT;

-- The logo, in a row of its own, so that the settings are small to read.
CREATE TABLE place_logos (
  id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  media_type TEXT NOT NULL CHECK (media_type IN ('image/png', 'image/svg+xml')),
  content BYTEA NOT NULL CHECK (octet_length(content) <= 131072),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

-- Down Migration
-- squawk-ignore-file ban-drop-table, ban-drop-column
DROP TABLE IF EXISTS place_logos;
ALTER TABLE settings DROP COLUMN place_name, DROP COLUMN place_color, DROP COLUMN logo_hash;
