-- Up Migration
-- What pages are made of changes only when a sync or an admin changes it, so they may be kept until then: as long as
-- this mark stays the same. It changes at the commit, so whoever reads a mark reads all that belongs to it, and those
-- who write at the same time wait for each other's commit only. A number would come again after a restore.
CREATE TABLE mirror_versions (
  id INTEGER PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  version UUID NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO mirror_versions DEFAULT VALUES;

-- The transactions under way that have changed something.
CREATE TABLE mirror_changes (
  transaction_id XID8 PRIMARY KEY
);

CREATE FUNCTION note_mirror_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO mirror_changes VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;

CREATE FUNCTION change_mirror_version() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM mirror_changes WHERE transaction_id = NEW.transaction_id;
  UPDATE mirror_versions SET version = gen_random_uuid();
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER change_version AFTER INSERT ON mirror_changes
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_mirror_version();

DO $$
DECLARE changed TEXT;
BEGIN
  FOREACH changed IN ARRAY ARRAY[
    'teams', 'workflow_states', 'labels', 'people', 'projects', 'project_statuses', 'project_milestones', 'cycles',
    'initiatives', 'initiative_projects', 'backlog_items', 'comments', 'item_relations', 'attachments',
    'search_entries', 'sharing_settings', 'sharing_rules', 'viewer_groups', 'viewer_group_rules', 'published_views'
  ] LOOP
    EXECUTE format(
      'CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
      'FOR EACH STATEMENT EXECUTE FUNCTION note_mirror_change()', changed
    );
  END LOOP;
END
$$;

-- Down Migration
-- squawk-ignore-file ban-drop-table, ban-drop-function
DROP FUNCTION IF EXISTS note_mirror_change() CASCADE;
DROP TABLE IF EXISTS mirror_changes;
DROP FUNCTION IF EXISTS change_mirror_version();
DROP TABLE IF EXISTS mirror_versions;
