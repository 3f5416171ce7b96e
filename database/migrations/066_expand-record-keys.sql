-- Up Migration
-- squawk-ignore-file changing-column-type, ban-drop-function
-- Four bytes number 2.1 billion rows: some 230 working days of 20,000 readers. The table is written anew under its lock,
-- so all locks are taken first (for which not even the owner has a right), and no work is lost to waiting for another.
GRANT TRUNCATE ON audit_seals, audit_logs TO CURRENT_USER;
LOCK TABLE audit_seals, audit_logs, unsealed_audit_logs IN ACCESS EXCLUSIVE MODE;
REVOKE TRUNCATE ON audit_seals, audit_logs FROM CURRENT_USER;
ALTER TABLE audit_logs ALTER COLUMN id TYPE BIGINT;
ALTER SEQUENCE audit_logs_id_seq AS BIGINT;
ALTER TABLE audit_seals ALTER COLUMN ids TYPE BIGINT [];
ALTER TABLE unsealed_audit_logs ALTER COLUMN id TYPE BIGINT;

-- As before, with the wider number.
DROP FUNCTION list_prunable_audit_logs();
CREATE FUNCTION list_prunable_audit_logs() RETURNS TABLE (prunable_id BIGINT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH newest AS (SELECT pruned_number, pruned_position FROM audit_seals ORDER BY number DESC LIMIT 1)
  SELECT l.id FROM newest AS n JOIN audit_logs AS l ON l.position <= n.pruned_position
  UNION ALL
  SELECT listed.id
  FROM newest AS n
  JOIN audit_seals AS s ON s.number <= n.pruned_number + 1
  CROSS JOIN unnest(s.ids) WITH ORDINALITY AS listed (id, place)
  WHERE s.position - cardinality(s.ids) + listed.place <= n.pruned_position
$$;
REVOKE EXECUTE ON FUNCTION list_prunable_audit_logs() FROM PUBLIC;

-- Down Migration
-- Refused as soon as a number needs more than four bytes.
GRANT TRUNCATE ON audit_seals, audit_logs TO CURRENT_USER;
LOCK TABLE audit_seals, audit_logs, unsealed_audit_logs IN ACCESS EXCLUSIVE MODE;
REVOKE TRUNCATE ON audit_seals, audit_logs FROM CURRENT_USER;
ALTER TABLE audit_logs ALTER COLUMN id TYPE INTEGER;
ALTER SEQUENCE audit_logs_id_seq AS INTEGER;
ALTER TABLE audit_seals ALTER COLUMN ids TYPE INTEGER [];
ALTER TABLE unsealed_audit_logs ALTER COLUMN id TYPE INTEGER;

DROP FUNCTION list_prunable_audit_logs();
CREATE FUNCTION list_prunable_audit_logs() RETURNS TABLE (prunable_id INTEGER)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH newest AS (SELECT pruned_number, pruned_position FROM audit_seals ORDER BY number DESC LIMIT 1)
  SELECT l.id FROM newest AS n JOIN audit_logs AS l ON l.position <= n.pruned_position
  UNION ALL
  SELECT listed.id
  FROM newest AS n
  JOIN audit_seals AS s ON s.number <= n.pruned_number + 1
  CROSS JOIN unnest(s.ids) WITH ORDINALITY AS listed (id, place)
  WHERE s.position - cardinality(s.ids) + listed.place <= n.pruned_position
$$;
REVOKE EXECUTE ON FUNCTION list_prunable_audit_logs() FROM PUBLIC;
