-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation, ban-drop-column, adding-field-with-default
-- The mirror's tables have some 100,000 rows, which are indexed within seconds.

-- What is shown of every item; one row.
CREATE TABLE sharing_settings (
  id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  shows_descriptions BOOLEAN NOT NULL DEFAULT TRUE,
  shows_comments BOOLEAN NOT NULL DEFAULT TRUE,
  shows_assignees BOOLEAN NOT NULL DEFAULT TRUE,
  shows_estimates BOOLEAN NOT NULL DEFAULT TRUE,
  shows_attachments BOOLEAN NOT NULL DEFAULT TRUE,
  -- Counts the changes of this table and of sharing_rules, so that the second of two admins at once is told.
  version INTEGER NOT NULL DEFAULT 1,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
INSERT INTO sharing_settings DEFAULT VALUES;

-- What an admin chose to show or to hide. No foreign keys: a choice outlives the row it is about, which may come back.
CREATE TABLE sharing_rules (
  kind TEXT NOT NULL CHECK (kind IN ('team', 'project', 'label')),
  entity_id TEXT COLLATE "C" NOT NULL,
  is_shown BOOLEAN NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  PRIMARY KEY (kind, entity_id)
);

-- What people of a group see of that: what any of its rules names.
CREATE TABLE viewer_group_rules (
  viewer_group_id INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('team', 'project', 'label')),
  entity_id TEXT COLLATE "C" NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  PRIMARY KEY (viewer_group_id, kind, entity_id),
  CONSTRAINT viewer_group_rules_viewer_group_id_fk
  FOREIGN KEY (viewer_group_id) REFERENCES viewer_groups (id) ON DELETE CASCADE
);

-- The list of a group that sees a project or a label.
CREATE INDEX idx_backlog_items_project_id_updated_at_id ON backlog_items (project_id, updated_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND project_id IS NOT NULL;
CREATE INDEX idx_backlog_items_label_ids ON backlog_items USING gin (label_ids) WHERE label_ids <> '{}';

-- What is searched while descriptions are not shown: the words of weight A, identifier and title.
ALTER TABLE search_entries
ADD COLUMN title_words TSVECTOR GENERATED ALWAYS AS (ts_filter(words, '{a}')) STORED;
CREATE INDEX idx_search_entries_title_words ON search_entries USING gin (title_words);

-- Down Migration
ALTER TABLE search_entries DROP COLUMN title_words;
DROP INDEX IF EXISTS idx_backlog_items_label_ids;
DROP INDEX IF EXISTS idx_backlog_items_project_id_updated_at_id;
DROP TABLE IF EXISTS viewer_group_rules;
DROP TABLE IF EXISTS sharing_rules;
DROP TABLE IF EXISTS sharing_settings;
