-- Up Migration
-- A first sync fills an empty mirror without the indexes of items, which are then built of all rows at once: that takes
-- half as long as keeping more than thirty of them up to date row by row. What is set aside stands in a table, so
-- whoever comes next puts it back, whatever became of the process.
CREATE TABLE set_aside_indexes (
  name TEXT COLLATE "C" PRIMARY KEY,
  definition TEXT NOT NULL
);

-- Says whether it did; it does not where there are items, readers that go on, or another owner of the table.
CREATE FUNCTION set_indexes_aside() RETURNS BOOLEAN LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE aside TEXT;
BEGIN
  IF NOT (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'backlog_items'::regclass) THEN
    RETURN FALSE;
  END IF;
  LOCK TABLE backlog_items IN ACCESS EXCLUSIVE MODE;
  IF EXISTS (SELECT FROM backlog_items) THEN
    RETURN FALSE;
  END IF;
  FOR aside IN
    INSERT INTO set_aside_indexes
    SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = 'backlog_items'::regclass AND i.indisvalid AND NOT i.indisunique
    RETURNING name
  LOOP
    EXECUTE format('DROP INDEX %I', aside);
  END LOOP;
  RETURN TRUE;
EXCEPTION WHEN lock_not_available THEN
  RETURN FALSE;
END
$$;

-- Builds one of them and says whether there was one: `SELECT restore_index() FROM set_aside_indexes` builds all. What
-- somebody has made by hand meanwhile stays. Parallel workers would take a fifth more of the processors.
CREATE FUNCTION restore_index() RETURNS BOOLEAN LANGUAGE plpgsql SET max_parallel_maintenance_workers = 0 AS $$
DECLARE aside TEXT;
BEGIN
  IF NOT (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'backlog_items'::regclass) THEN
    RETURN FALSE;
  END IF;
  LOCK TABLE set_aside_indexes IN EXCLUSIVE MODE;
  DELETE FROM set_aside_indexes WHERE name = (SELECT min(name) FROM set_aside_indexes) RETURNING definition INTO aside;
  IF aside IS NULL THEN
    RETURN FALSE;
  END IF;
  EXECUTE regexp_replace(aside, '^CREATE INDEX', 'CREATE INDEX IF NOT EXISTS');
  RETURN TRUE;
END
$$;

-- Down Migration
-- squawk-ignore-file ban-drop-table, ban-drop-function
DROP FUNCTION IF EXISTS restore_index();
DROP FUNCTION IF EXISTS set_indexes_aside();
DROP TABLE IF EXISTS set_aside_indexes;
