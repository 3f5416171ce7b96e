-- Up Migration
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
-- Agendas of meetings as they were when somebody kept them, until an admin deletes them; several of a day are numbered.
CREATE TABLE kept_agendas (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- By the calendar of who kept it.
  day DATE NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  -- The day with which it compares, by the same calendar.
  since DATE NOT NULL,
  kept_by INTEGER,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT kept_agendas_day_number_unique UNIQUE (day, number),
  CONSTRAINT kept_agendas_kept_by_fk FOREIGN KEY (kept_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_kept_agendas_kept_by ON kept_agendas (kept_by);

-- What each way to see the backlog showed then: a document, which is written once and read whole. Whoever reads it
-- sees of it what they may see now.
CREATE TABLE kept_agenda_contents (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kept_agenda_id INTEGER NOT NULL,
  -- The groups of viewers in the order of their ids, NULL for everything that is shown.
  viewer_group_ids INTEGER [],
  content JSONB NOT NULL,
  CONSTRAINT kept_agenda_contents_kept_agenda_id_fk
  FOREIGN KEY (kept_agenda_id) REFERENCES kept_agendas (id) ON DELETE CASCADE
);
CREATE INDEX idx_kept_agenda_contents_kept_agenda_id ON kept_agenda_contents (kept_agenda_id);

-- What is overdue is open: it is found among that, however much was due once and is done.
CREATE INDEX idx_backlog_items_due_date_id_open ON backlog_items ((coalesce(due_date, '9999-12-31')), id)
WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed AND completed_at IS NULL AND canceled_at IS NULL;

-- Down Migration
-- squawk-ignore-file ban-drop-table
DROP INDEX IF EXISTS idx_backlog_items_due_date_id_open;
DROP TABLE IF EXISTS kept_agenda_contents;
DROP TABLE IF EXISTS kept_agendas;
