-- Up Migration
-- squawk-ignore-file ban-drop-column, ban-drop-function
-- Each row of audit_logs carries a hash over itself and the hash of the row before, so that a row that was changed,
-- removed or slipped in later is found. Whoever inserts, triggers chain the row at the end of its transaction.
ALTER TABLE audit_logs
ADD COLUMN position BIGINT,
ADD COLUMN actor_id INTEGER,
ADD COLUMN actor_email TEXT,
ADD COLUMN user_agent TEXT,
ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done',
ADD COLUMN hash BYTEA;

-- One row: where the chain ends, and where what is left of it begins (the last row that retention removed).
CREATE TABLE audit_chain_heads (
  id SMALLINT PRIMARY KEY DEFAULT 1,
  position BIGINT NOT NULL DEFAULT 0,
  hash BYTEA NOT NULL DEFAULT ''::bytea,
  pruned_position BIGINT NOT NULL DEFAULT 0,
  pruned_hash BYTEA NOT NULL DEFAULT ''::bytea,
  CONSTRAINT audit_chain_heads_id_check CHECK (id = 1)
);

-- Every column but user_id, which the deletion of a person empties. Each value stands with its length before it, and
-- time as microseconds since 1970: the text is unambiguous and the same under all settings of a session.
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

-- Keep who acted, for when the person is deleted. What the chain decides is nobody else's to say.
CREATE FUNCTION sign_audit_log() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  NEW.actor_id := NEW.user_id;
  NEW.actor_email := coalesce((SELECT email FROM users WHERE id = NEW.user_id), NEW.actor_email);
  NEW.created_at := clock_timestamp();
  NEW.position := NULL;
  NEW.hash := NULL;
  RETURN NEW;
END
$$;

-- At the end of the transaction: the head's lock, for which all writers queue, is then held for an instant, no
-- transaction waits for anything else while it has it, and one that is rolled back leaves no gap.
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

-- Let through the chaining of a new row, the emptying of user_id when its person is deleted, and the removal of rows
-- that retention has moved the chain's beginning past; nothing else.
CREATE FUNCTION guard_audit_log() RETURNS TRIGGER
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

REVOKE EXECUTE ON FUNCTION sign_audit_log(), chain_audit_log(), guard_audit_log() FROM PUBLIC;

-- Rows that are there already are chained in the order in which they were numbered.
DO $$
DECLARE
  head audit_chain_heads;
  entry audit_logs;
BEGIN
  INSERT INTO audit_chain_heads DEFAULT VALUES RETURNING * INTO head;
  FOR entry IN SELECT * FROM audit_logs ORDER BY id LOOP
    head.position := head.position + 1;
    entry.position := head.position;
    entry.actor_id := entry.user_id;
    entry.actor_email := (SELECT email FROM users WHERE id = entry.user_id);
    head.hash := audit_log_hash(head.hash, entry);
    UPDATE audit_logs
    SET position = entry.position, actor_id = entry.actor_id, actor_email = entry.actor_email, hash = head.hash
    WHERE id = entry.id;
  END LOOP;
  UPDATE audit_chain_heads SET position = head.position, hash = head.hash;
END
$$;

CREATE UNIQUE INDEX idx_audit_logs_position ON audit_logs (position);
-- What one person did, newest first, also when the person is gone.
CREATE INDEX idx_audit_logs_actor_email_id ON audit_logs (actor_email, id);

CREATE TRIGGER sign_audit_log BEFORE INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION sign_audit_log();
CREATE CONSTRAINT TRIGGER chain_audit_log AFTER INSERT ON audit_logs
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chain_audit_log();
CREATE TRIGGER guard_audit_log BEFORE UPDATE OR DELETE ON audit_logs
FOR EACH ROW EXECUTE FUNCTION guard_audit_log();
CREATE TRIGGER guard_audit_log_as_a_whole BEFORE TRUNCATE ON audit_logs
FOR EACH STATEMENT EXECUTE FUNCTION guard_audit_log();

-- Not even the owner may change or remove rows without granting it to itself first. What is left to it serves the
-- chain, and the foreign key, which empties user_id in the owner's name.
DO $$
DECLARE
  holder TEXT;
BEGIN
  FOR holder IN
    SELECT DISTINCT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
    FROM pg_class AS c
    CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS acl
    WHERE c.oid = 'audit_logs'::regclass AND acl.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit_logs FROM %s', holder);
  END LOOP;
  SELECT quote_ident(pg_get_userbyid(relowner)) INTO holder FROM pg_class WHERE oid = 'audit_logs'::regclass;
  EXECUTE format('GRANT UPDATE (user_id, position, hash) ON audit_logs TO %s', holder);
END
$$;

-- Down Migration
DO $$
DECLARE
  owner TEXT;
BEGIN
  SELECT quote_ident(pg_get_userbyid(relowner)) INTO owner FROM pg_class WHERE oid = 'audit_logs'::regclass;
  EXECUTE format('GRANT UPDATE, DELETE, TRUNCATE ON audit_logs TO %s', owner);
END
$$;
DROP TRIGGER IF EXISTS guard_audit_log_as_a_whole ON audit_logs;
DROP TRIGGER IF EXISTS guard_audit_log ON audit_logs;
DROP TRIGGER IF EXISTS chain_audit_log ON audit_logs;
DROP TRIGGER IF EXISTS sign_audit_log ON audit_logs;
DROP FUNCTION IF EXISTS guard_audit_log();
DROP FUNCTION IF EXISTS chain_audit_log();
DROP FUNCTION IF EXISTS sign_audit_log();
DROP FUNCTION IF EXISTS audit_log_hash(BYTEA, AUDIT_LOGS);
DROP TABLE IF EXISTS audit_chain_heads;
ALTER TABLE audit_logs
DROP COLUMN hash,
DROP COLUMN outcome,
DROP COLUMN user_agent,
DROP COLUMN actor_email,
DROP COLUMN actor_id,
DROP COLUMN position;
