-- Up Migration

-- Which published view shows what a view made in Linear shows, and what a comparison with Linear's own ids found.
CREATE TABLE followed_views (
  published_view_id INTEGER PRIMARY KEY,
  custom_view_id TEXT COLLATE "C" NOT NULL,
  -- What was compared: the filter in Linear and the address here.
  checked_filter JSONB,
  checked_query TEXT,
  check_outcome TEXT CHECK (check_outcome IN ('matched', 'differs', 'refused', 'too_many')),
  linear_count INTEGER,
  own_count INTEGER,
  differing_count INTEGER,
  checked_at TIMESTAMPTZ,
  CONSTRAINT followed_views_custom_view_id_unique UNIQUE (custom_view_id),
  CONSTRAINT followed_views_published_view_id_fk
  FOREIGN KEY (published_view_id) REFERENCES published_views (id) ON DELETE CASCADE
);

-- Down Migration
-- squawk-ignore-file ban-drop-table
DROP TABLE IF EXISTS followed_views;
