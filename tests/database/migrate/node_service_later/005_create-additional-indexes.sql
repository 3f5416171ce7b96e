-- Up Migration
CREATE INDEX idx_audit_logs_user_id_created_at ON audit_logs(user_id, created_at);
CREATE INDEX idx_sync_history_status_started_at ON sync_history(status, started_at);
CREATE INDEX idx_users_active_approved ON users(is_approved) WHERE is_disabled = FALSE;

-- Down Migration
DROP INDEX IF EXISTS idx_users_active_approved;
DROP INDEX IF EXISTS idx_sync_history_status_started_at;
DROP INDEX IF EXISTS idx_audit_logs_user_id_created_at;
