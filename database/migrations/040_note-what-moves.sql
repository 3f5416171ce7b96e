-- Up Migration
-- squawk-ignore-file ban-drop-table, require-concurrent-index-creation, ban-drop-function
-- The mirror's tables have some 100,000 rows, which are indexed within seconds.

-- Nobody writes a change meanwhile that would not be taken over.
LOCK TABLE backlog_items, projects, state_changes IN ACCESS EXCLUSIVE MODE;

-- What the mirror saw move, of items and of projects, so that any day can be compared with today: states and more.
-- Of what went before it knows no more than was noted; the rows of an item or project stay as long as it does.
CREATE TABLE field_changes (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entity_id TEXT COLLATE "C" NOT NULL,
  field TEXT COLLATE "C" NOT NULL,
  from_value TEXT COLLATE "C",
  to_value TEXT COLLATE "C",
  -- When it happened, as far as the item tells, not when it was mirrored.
  changed_at TIMESTAMPTZ NOT NULL
);
INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
SELECT item_id, 'state', from_state_id, to_state_id, changed_at FROM state_changes ORDER BY id;
CREATE INDEX idx_field_changes_entity_id_changed_at ON field_changes (entity_id, changed_at);
CREATE INDEX idx_field_changes_field_changed_at_entity_id
ON field_changes (field, changed_at DESC, entity_id DESC);

DROP TRIGGER note_state_change ON backlog_items;
DROP FUNCTION note_state_change();
DROP TRIGGER forget_state_changes ON backlog_items;
DROP FUNCTION forget_state_changes();
DROP TABLE state_changes;

CREATE FUNCTION note_item_changes() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
  -- What Linear gave no new time was found by a sweep, now.
  SELECT NEW.id, c.field, c.from_value, c.to_value,
    coalesce(c.changed_at, nullif(NEW.updated_at, OLD.updated_at), now())
  FROM (VALUES
    ('state', OLD.state_id, NEW.state_id,
      -- A time that the change left as it was tells of an earlier one.
      greatest(
        nullif(NEW.started_at, OLD.started_at),
        nullif(NEW.completed_at, OLD.completed_at),
        nullif(NEW.canceled_at, OLD.canceled_at)
      )),
    ('priority', OLD.priority::text, NEW.priority::text, NULL),
    ('priority_sort_order', OLD.priority_sort_order::text, NEW.priority_sort_order::text, NULL),
    ('sort_order', OLD.sort_order::text, NEW.sort_order::text, NULL),
    ('due_date', to_char(OLD.due_date, 'YYYY-MM-DD'), to_char(NEW.due_date, 'YYYY-MM-DD'), NULL),
    ('project', OLD.project_id, NEW.project_id, NULL),
    ('estimate', OLD.estimate::text, NEW.estimate::text, NULL)
  ) c (field, from_value, to_value, changed_at)
  WHERE c.from_value IS DISTINCT FROM c.to_value;
  RETURN NULL;
END $$;
CREATE TRIGGER note_item_changes AFTER UPDATE ON backlog_items
FOR EACH ROW WHEN (
  OLD.state_id IS DISTINCT FROM NEW.state_id
  OR OLD.priority IS DISTINCT FROM NEW.priority
  OR OLD.priority_sort_order IS DISTINCT FROM NEW.priority_sort_order
  OR OLD.sort_order IS DISTINCT FROM NEW.sort_order
  OR OLD.due_date IS DISTINCT FROM NEW.due_date
  OR OLD.project_id IS DISTINCT FROM NEW.project_id
  OR OLD.estimate IS DISTINCT FROM NEW.estimate
) EXECUTE FUNCTION note_item_changes();

-- A date that is told more exactly is still the same plan.
CREATE FUNCTION note_project_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
  VALUES (
    NEW.id, 'target_date',
    nullif(concat_ws(' ', to_char(OLD.target_date, 'YYYY-MM-DD'), OLD.target_date_resolution), ''),
    nullif(concat_ws(' ', to_char(NEW.target_date, 'YYYY-MM-DD'), NEW.target_date_resolution), ''),
    NEW.updated_at
  );
  RETURN NULL;
END $$;
CREATE TRIGGER note_project_change AFTER UPDATE ON projects
FOR EACH ROW WHEN (OLD.target_date IS DISTINCT FROM NEW.target_date) EXECUTE FUNCTION note_project_change();

CREATE FUNCTION forget_field_changes() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM field_changes c USING deleted_rows d WHERE c.entity_id = d.id;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_field_changes AFTER DELETE ON backlog_items
REFERENCING OLD TABLE AS deleted_rows FOR EACH STATEMENT EXECUTE FUNCTION forget_field_changes();
CREATE TRIGGER forget_field_changes AFTER DELETE ON projects
REFERENCING OLD TABLE AS deleted_rows FOR EACH STATEMENT EXECUTE FUNCTION forget_field_changes();

-- Down Migration
DROP TRIGGER IF EXISTS forget_field_changes ON projects;
DROP TRIGGER IF EXISTS forget_field_changes ON backlog_items;
DROP FUNCTION IF EXISTS forget_field_changes();
DROP TRIGGER IF EXISTS note_project_change ON projects;
DROP FUNCTION IF EXISTS note_project_change();
DROP TRIGGER IF EXISTS note_item_changes ON backlog_items;
DROP FUNCTION IF EXISTS note_item_changes();
CREATE TABLE state_changes (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  item_id TEXT COLLATE "C" NOT NULL,
  from_state_id TEXT COLLATE "C",
  to_state_id TEXT COLLATE "C",
  changed_at TIMESTAMPTZ NOT NULL
);
INSERT INTO state_changes (item_id, from_state_id, to_state_id, changed_at)
SELECT entity_id, from_value, to_value, changed_at FROM field_changes WHERE field = 'state' ORDER BY id;
DROP TABLE IF EXISTS field_changes;
CREATE INDEX idx_state_changes_item_id_changed_at ON state_changes (item_id, changed_at);
CREATE INDEX idx_state_changes_changed_at_item_id ON state_changes (changed_at DESC, item_id DESC);
CREATE FUNCTION note_state_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO state_changes (item_id, from_state_id, to_state_id, changed_at)
  VALUES (
    NEW.id, OLD.state_id, NEW.state_id,
    coalesce(
      -- A time that the change left as it was tells of an earlier one.
      greatest(
        nullif(NEW.started_at, OLD.started_at),
        nullif(NEW.completed_at, OLD.completed_at),
        nullif(NEW.canceled_at, OLD.canceled_at)
      ),
      NEW.updated_at
    )
  );
  RETURN NULL;
END $$;
CREATE TRIGGER note_state_change AFTER UPDATE ON backlog_items
FOR EACH ROW WHEN (OLD.state_id IS DISTINCT FROM NEW.state_id) EXECUTE FUNCTION note_state_change();
CREATE FUNCTION forget_state_changes() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM state_changes c USING deleted_items d WHERE c.item_id = d.id;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_state_changes AFTER DELETE ON backlog_items
REFERENCING OLD TABLE AS deleted_items FOR EACH STATEMENT EXECUTE FUNCTION forget_state_changes();
