-- Up Migration
CREATE TABLE backlog_items (
  id TEXT COLLATE "C" PRIMARY KEY,
  identifier TEXT COLLATE "C" NOT NULL,
  number INTEGER NOT NULL,
  title TEXT NOT NULL,
  description TEXT,
  url TEXT,
  branch_name TEXT,
  priority SMALLINT NOT NULL DEFAULT 0,
  estimate DOUBLE PRECISION,
  sort_order DOUBLE PRECISION,
  priority_sort_order DOUBLE PRECISION,
  sub_issue_sort_order DOUBLE PRECISION,
  due_date DATE,
  sla_breaches_at TIMESTAMPTZ,
  trashed BOOLEAN NOT NULL DEFAULT FALSE,
  label_ids TEXT [] NOT NULL DEFAULT '{}',
  previous_identifiers TEXT [] NOT NULL DEFAULT '{}',
  team_id TEXT COLLATE "C" NOT NULL,
  state_id TEXT COLLATE "C",
  assignee_id TEXT COLLATE "C",
  creator_id TEXT COLLATE "C",
  project_id TEXT COLLATE "C",
  project_milestone_id TEXT COLLATE "C",
  cycle_id TEXT COLLATE "C",
  parent_id TEXT COLLATE "C",
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  started_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ,
  canceled_at TIMESTAMPTZ,
  archived_at TIMESTAMPTZ,
  auto_archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ,
  -- A tsvector holds at most 1 MB; 100,000 characters stay under it in every script.
  search TSVECTOR GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', identifier || ' ' || left(title, 10000)), 'A')
    || setweight(to_tsvector('simple', left(coalesce(description, ''), 100000)), 'B')
  ) STORED
);
CREATE INDEX idx_backlog_items_identifier ON backlog_items (identifier);
CREATE INDEX idx_backlog_items_previous_identifiers ON backlog_items USING gin (previous_identifiers);
-- The list: what is neither archived, trashed nor gone, newest update first.
CREATE INDEX idx_backlog_items_updated_at_id ON backlog_items (updated_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_team_id_updated_at_id ON backlog_items (team_id, updated_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_state_id_updated_at_id ON backlog_items (state_id, updated_at DESC, id DESC)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed;
CREATE INDEX idx_backlog_items_parent_id ON backlog_items (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX idx_backlog_items_search ON backlog_items USING gin (search);

CREATE TABLE comments (
  id TEXT COLLATE "C" PRIMARY KEY,
  issue_id TEXT COLLATE "C",
  parent_id TEXT COLLATE "C",
  user_id TEXT COLLATE "C",
  body TEXT NOT NULL,
  quoted_text TEXT,
  url TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  edited_at TIMESTAMPTZ,
  resolved_at TIMESTAMPTZ,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_comments_issue_id_created_at ON comments (issue_id, created_at);

CREATE TABLE item_relations (
  id TEXT COLLATE "C" PRIMARY KEY,
  type TEXT NOT NULL,
  issue_id TEXT COLLATE "C" NOT NULL,
  related_issue_id TEXT COLLATE "C" NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_item_relations_issue_id ON item_relations (issue_id);
CREATE INDEX idx_item_relations_related_issue_id ON item_relations (related_issue_id);

CREATE TABLE attachments (
  id TEXT COLLATE "C" PRIMARY KEY,
  issue_id TEXT COLLATE "C" NOT NULL,
  title TEXT NOT NULL,
  subtitle TEXT,
  url TEXT NOT NULL,
  source_type TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  archived_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ
);
CREATE INDEX idx_attachments_issue_id ON attachments (issue_id);

-- How far each stream of the mirror has come.
CREATE TABLE sync_cursors (
  stream TEXT COLLATE "C" PRIMARY KEY,
  page_cursor TEXT,
  updated_at_seen TIMESTAMPTZ,
  sync_history_id INTEGER,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT sync_cursors_sync_history_id_fk FOREIGN KEY (sync_history_id)
  REFERENCES sync_history (id) ON DELETE SET NULL
);
CREATE INDEX idx_sync_cursors_sync_history_id ON sync_cursors (sync_history_id);

-- Down Migration
DROP TABLE IF EXISTS sync_cursors;
DROP TABLE IF EXISTS attachments;
DROP TABLE IF EXISTS item_relations;
DROP TABLE IF EXISTS comments;
DROP TABLE IF EXISTS backlog_items;
