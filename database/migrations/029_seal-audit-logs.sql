-- Up Migration
-- squawk-ignore-file ban-drop-table, ban-drop-function, require-concurrent-index-creation, require-concurrent-index-deletion
-- Rows are sealed in batches after their transactions, so that no writer waits for another. A seal stands for its rows
-- (their ids in order, SHA-256 of each), for the seal before it and for what retention has removed; its mac is made with
-- a key that the database never sees. Seal 0 is where the chain of migration 014 ended: it has no rows and no key.
CREATE TABLE audit_seals (
  number BIGINT PRIMARY KEY,
  position BIGINT NOT NULL,
  ids INTEGER [] NOT NULL,
  row_hashes BYTEA NOT NULL,
  pruned_number BIGINT NOT NULL,
  pruned_position BIGINT NOT NULL,
  pruned_hash BYTEA NOT NULL,
  sealed_at TIMESTAMPTZ NOT NULL,
  hash BYTEA NOT NULL,
  key_id TEXT,
  mac BYTEA
);
CREATE INDEX idx_audit_seals_position_number ON audit_seals (position, number);

-- Which rows wait for a seal, whenever their transactions end.
CREATE TABLE unsealed_audit_logs (id INTEGER PRIMARY KEY);

INSERT INTO audit_seals
  (number, position, ids, row_hashes, pruned_number, pruned_position, pruned_hash, sealed_at, hash)
SELECT 0, position, '{}', ''::bytea, -1, pruned_position, pruned_hash, now(), hash FROM audit_chain_heads;

DROP TRIGGER chain_audit_log ON audit_logs;
DROP FUNCTION chain_audit_log();
DROP FUNCTION audit_log_hash(BYTEA, AUDIT_LOGS);
DROP TABLE audit_chain_heads;
DROP INDEX idx_audit_logs_position;
CREATE UNIQUE INDEX idx_audit_logs_position ON audit_logs (position) WHERE position IS NOT NULL;

CREATE FUNCTION queue_audit_log() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO unsealed_audit_logs (id) VALUES (NEW.id);
  RETURN NULL;
END
$$;

-- Which rows the newest seal says that retention removes.
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

-- Let through the emptying of user_id when a person is deleted, and the removal of what a seal says that retention
-- removes; nothing else.
CREATE OR REPLACE FUNCTION guard_audit_log() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  expected audit_logs;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    expected := OLD;
    IF NOT EXISTS (SELECT FROM users WHERE id = OLD.user_id) THEN
      expected.user_id := NULL;
    END IF;
    IF NEW *= expected THEN
      RETURN NEW;
    END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT id FROM removed_rows EXCEPT SELECT prunable_id FROM list_prunable_audit_logs()) THEN
      RETURN NULL;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit_logs only grows: its rows are neither changed nor removed'
  USING ERRCODE = 'insufficient_privilege';
END
$$;

-- A seal follows the one before it, and takes over rows that wait for one, each once.
CREATE FUNCTION guard_audit_seal() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  newest audit_seals;
  taken BIGINT;
BEGIN
  SELECT * INTO newest FROM audit_seals ORDER BY number DESC LIMIT 1;
  IF TG_OP = 'INSERT' THEN
    DELETE FROM unsealed_audit_logs WHERE id = ANY (NEW.ids);
    GET DIAGNOSTICS taken = ROW_COUNT;
    IF NEW.number = newest.number + 1
      AND NEW.position = newest.position + taken
      AND cardinality(NEW.ids) = taken
      AND octet_length(NEW.row_hashes) = 32 * taken
      AND taken <= 5000
      AND NEW.pruned_number BETWEEN newest.pruned_number AND newest.number
      AND NEW.pruned_position BETWEEN newest.pruned_position AND newest.position
    THEN
      RETURN NEW;
    END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF OLD.number <= newest.pruned_number THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit_seals only grows: each seal follows the one before it'
  USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Remove what the newest seal says, and nothing else, whoever asks.
CREATE FUNCTION remove_pruned_audit_logs() RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  removed BIGINT;
BEGIN
  GRANT DELETE ON audit_logs, audit_seals TO CURRENT_USER;
  DELETE FROM audit_logs WHERE id IN (SELECT prunable_id FROM list_prunable_audit_logs());
  GET DIAGNOSTICS removed = ROW_COUNT;
  DELETE FROM audit_seals
  WHERE number <= (SELECT pruned_number FROM audit_seals ORDER BY number DESC LIMIT 1);
  REVOKE DELETE ON audit_logs, audit_seals FROM CURRENT_USER;
  RETURN removed;
END
$$;

CREATE TRIGGER queue_audit_log AFTER INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION queue_audit_log();
DROP TRIGGER guard_audit_log ON audit_logs;
CREATE TRIGGER guard_audit_log BEFORE UPDATE ON audit_logs FOR EACH ROW EXECUTE FUNCTION guard_audit_log();
CREATE TRIGGER guard_audit_log_removal AFTER DELETE ON audit_logs
REFERENCING OLD TABLE AS removed_rows FOR EACH STATEMENT EXECUTE FUNCTION guard_audit_log();
CREATE TRIGGER guard_audit_seal BEFORE INSERT OR UPDATE OR DELETE ON audit_seals
FOR EACH ROW EXECUTE FUNCTION guard_audit_seal();
CREATE TRIGGER guard_audit_seals_as_a_whole BEFORE TRUNCATE ON audit_seals
FOR EACH STATEMENT EXECUTE FUNCTION guard_audit_seal();

-- Take from everybody, the owner too, what would change the record; give back to the owner what the foreign key needs,
-- which empties user_id in its name. A backup keeps no rights, so a restore calls it again.
CREATE FUNCTION close_audit_tables() RETURNS VOID
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  held RECORD;
BEGIN
  FOR held IN
    SELECT c.oid::regclass AS name,
      CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END AS holder
    FROM pg_class AS c
    CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS acl
    WHERE c.oid IN ('audit_logs'::regclass, 'audit_seals'::regclass)
      AND acl.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %s', held.name, held.holder);
  END LOOP;
  REVOKE UPDATE (position, hash) ON audit_logs FROM CURRENT_USER;
  GRANT UPDATE (user_id) ON audit_logs TO CURRENT_USER;
  REVOKE EXECUTE ON FUNCTION
    sign_audit_log(), queue_audit_log(), guard_audit_log(), guard_audit_seal(), list_prunable_audit_logs(),
    remove_pruned_audit_logs(), close_audit_tables() FROM PUBLIC;
END
$$;
SELECT close_audit_tables();

-- Down Migration
DROP TRIGGER IF EXISTS queue_audit_log ON audit_logs;
DROP TRIGGER IF EXISTS guard_audit_log ON audit_logs;
DROP TRIGGER IF EXISTS guard_audit_log_removal ON audit_logs;
DROP TRIGGER IF EXISTS guard_audit_seal ON audit_seals;
DROP TRIGGER IF EXISTS guard_audit_seals_as_a_whole ON audit_seals;
DROP FUNCTION IF EXISTS close_audit_tables();
DROP FUNCTION IF EXISTS remove_pruned_audit_logs();
DROP FUNCTION IF EXISTS guard_audit_seal();
DROP FUNCTION IF EXISTS list_prunable_audit_logs();
DROP FUNCTION IF EXISTS queue_audit_log();
DROP INDEX idx_audit_logs_position;

CREATE TABLE audit_chain_heads (
  id SMALLINT PRIMARY KEY DEFAULT 1,
  position BIGINT NOT NULL DEFAULT 0,
  hash BYTEA NOT NULL DEFAULT ''::bytea,
  pruned_position BIGINT NOT NULL DEFAULT 0,
  pruned_hash BYTEA NOT NULL DEFAULT ''::bytea,
  CONSTRAINT audit_chain_heads_id_check CHECK (id = 1)
);

CREATE FUNCTION audit_log_hash(previous BYTEA, entry AUDIT_LOGS) RETURNS BYTEA
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT sha256(
    previous
    || convert_to(string_agg(coalesce(length(value) || ':' || value, '-'), ',' ORDER BY number), 'UTF8')
  )
  FROM unnest(ARRAY[
    entry.position::text, entry.id::text, entry.actor_id::text, entry.actor_email, entry.action, entry.resource,
    entry.resource_id, entry.details::text, entry.ip_address, entry.user_agent, entry.is_admin_action::text,
    entry.outcome, trunc(extract(epoch FROM entry.created_at) * 1000000)::text
  ]) WITH ORDINALITY AS listed (value, number)
$$;

-- Chain what was sealed, in the order of the seals, and then what waits for one.
DO $$
DECLARE
  head audit_chain_heads;
  entry audit_logs;
  owner TEXT;
BEGIN
  SELECT quote_ident(pg_get_userbyid(relowner)) INTO owner FROM pg_class WHERE oid = 'audit_logs'::regclass;
  EXECUTE format('GRANT UPDATE (user_id, position, hash) ON audit_logs TO %s', owner);
  INSERT INTO audit_chain_heads (position, hash, pruned_position, pruned_hash)
  SELECT coalesce(l.position, s.pruned_position), coalesce(l.hash, s.pruned_hash), s.pruned_position, s.pruned_hash
  FROM audit_seals AS s
  LEFT JOIN LATERAL (
    SELECT position, hash FROM audit_logs WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1
  ) AS l ON true
  ORDER BY s.number DESC LIMIT 1
  RETURNING * INTO head;
  FOR entry IN
    SELECT l.* FROM audit_logs AS l
    LEFT JOIN (
      SELECT listed.id, s.number, listed.place
      FROM audit_seals AS s CROSS JOIN unnest(s.ids) WITH ORDINALITY AS listed (id, place)
    ) AS sealed ON sealed.id = l.id
    WHERE l.position IS NULL
    ORDER BY sealed.number NULLS LAST, sealed.place, l.id
  LOOP
    head.position := head.position + 1;
    entry.position := head.position;
    head.hash := audit_log_hash(head.hash, entry);
    UPDATE audit_logs SET position = entry.position, hash = head.hash WHERE id = entry.id;
  END LOOP;
  UPDATE audit_chain_heads SET position = head.position, hash = head.hash;
END
$$;
DROP TABLE unsealed_audit_logs;
DROP TABLE audit_seals;

CREATE UNIQUE INDEX idx_audit_logs_position ON audit_logs (position);

CREATE FUNCTION chain_audit_log() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head audit_chain_heads;
  entry audit_logs;
BEGIN
  SELECT * INTO STRICT head FROM audit_chain_heads FOR UPDATE;
  SELECT * INTO STRICT entry FROM audit_logs WHERE id = NEW.id;
  entry.position := head.position + 1;
  entry.hash := audit_log_hash(head.hash, entry);
  UPDATE audit_logs SET position = entry.position, hash = entry.hash WHERE id = entry.id;
  UPDATE audit_chain_heads SET position = entry.position, hash = entry.hash;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION guard_audit_log() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  expected audit_logs;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    expected := OLD;
    IF OLD.hash IS NULL THEN
      expected.position := NEW.position;
      expected.hash := NEW.hash;
    END IF;
    IF NOT EXISTS (SELECT FROM users WHERE id = OLD.user_id) THEN
      expected.user_id := NULL;
    END IF;
    IF NEW *= expected THEN
      RETURN NEW;
    END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF OLD.position <= (SELECT pruned_position FROM audit_chain_heads) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit_logs only grows: its rows are neither changed nor removed'
  USING ERRCODE = 'insufficient_privilege';
END
$$;
REVOKE EXECUTE ON FUNCTION chain_audit_log() FROM PUBLIC;

CREATE CONSTRAINT TRIGGER chain_audit_log AFTER INSERT ON audit_logs
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chain_audit_log();
CREATE TRIGGER guard_audit_log BEFORE UPDATE OR DELETE ON audit_logs
FOR EACH ROW EXECUTE FUNCTION guard_audit_log();
