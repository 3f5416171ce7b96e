-- Up Migration
-- squawk-ignore-file adding-field-with-default
-- Whether an admin has let a label through, to be named on items and in the filter; NULL while nobody has decided.
-- Items are shown either way. Labels that people read today go on; those that come from now on wait.
ALTER TABLE labels ADD COLUMN is_offered BOOLEAN;
UPDATE labels l SET is_offered = NOT EXISTS (
  SELECT FROM sharing_rules r WHERE r.kind = 'label' AND NOT r.is_shown AND r.entity_id IN (l.id, l.parent_id)
);

-- What was decided of labels by their names before they were mirrored here, as in the Node service.
CREATE TABLE adopted_labels (
  name TEXT PRIMARY KEY,
  is_offered BOOLEAN NOT NULL
);

CREATE FUNCTION offer_adopted_label() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  NEW.is_offered := coalesce(
    NEW.is_offered, (SELECT a.is_offered FROM adopted_labels a WHERE a.name = lower(NEW.name))
  );
  RETURN NEW;
END
$$;
CREATE TRIGGER offer_adopted BEFORE INSERT ON labels FOR EACH ROW EXECUTE FUNCTION offer_adopted_label();

-- Down Migration
-- squawk-ignore-file ban-drop-table, ban-drop-column, ban-drop-function
DROP TRIGGER IF EXISTS offer_adopted ON labels;
DROP FUNCTION IF EXISTS offer_adopted_label();
DROP TABLE IF EXISTS adopted_labels;
ALTER TABLE labels DROP COLUMN is_offered;
