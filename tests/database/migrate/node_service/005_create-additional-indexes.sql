-- Up Migration
CREATE INDEX idx_audit_logs_user_id_created_at ON audit_logs(user_id, created_at);

-- Down Migration
DROP INDEX IF EXISTS idx_audit_logs_user_id_created_at;
