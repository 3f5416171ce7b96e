-- Up Migration
-- How often forecasts held, as each way to see the backlog has it: a document, made again each night and read whole.
CREATE TABLE forecast_records (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The groups of viewers in the order of their ids, NULL for everything that is shown.
  viewer_group_ids INTEGER [],
  day DATE NOT NULL,
  -- Another one after each change of what is shared: then it may count what is hidden now.
  sharing_mark TEXT NOT NULL,
  -- By project: how many forecasts of the half line and of the later line were judged and held.
  content JSONB NOT NULL
);
CREATE UNIQUE INDEX idx_forecast_records_viewer_group_ids
ON forecast_records ((coalesce(viewer_group_ids, '{-1}')));

-- What an admin calls a week, a project, a label or a release of what was done.
CREATE TABLE done_headings (
  id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('week', 'project', 'label', 'release')),
  -- The first day of a week, else the name in small letters.
  key TEXT NOT NULL,
  heading TEXT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  CONSTRAINT done_headings_kind_key_unique UNIQUE (kind, key)
);

CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON forecast_records
FOR EACH STATEMENT EXECUTE FUNCTION note_mirror_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON done_headings
FOR EACH STATEMENT EXECUTE FUNCTION note_mirror_change();

-- Down Migration
-- squawk-ignore-file ban-drop-table
DROP TABLE IF EXISTS done_headings;
DROP TABLE IF EXISTS forecast_records;
