-- Up Migration

-- The saved views that admins give to everybody; a person's own are in user_preferences.
CREATE TABLE published_views (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name TEXT NOT NULL,
  -- What stands in the page's address after the question mark.
  query TEXT NOT NULL,
  -- Which page it is: list, board, roadmap.
  layout TEXT NOT NULL DEFAULT 'list',
  position INTEGER NOT NULL,
  created_by INTEGER,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT published_views_created_by_fk FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX idx_published_views_lower_name ON published_views (LOWER(name));
CREATE INDEX idx_published_views_created_by ON published_views (created_by);

-- Down Migration
DROP TABLE IF EXISTS published_views;
