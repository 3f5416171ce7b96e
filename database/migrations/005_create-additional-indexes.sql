-- Up Migration
-- One person's trail, newest first.
CREATE INDEX idx_audit_logs_user_id_created_at ON audit_logs (user_id, created_at DESC);
-- The history of one thing.
CREATE INDEX idx_audit_logs_resource_resource_id_created_at ON audit_logs (resource, resource_id, created_at DESC);
-- What admins did, newest first; they are few among many views.
CREATE INDEX idx_audit_logs_created_at_admin ON audit_logs (created_at DESC) WHERE is_admin_action;
-- The queue of people who wait for an admin.
CREATE INDEX idx_users_created_at_waiting ON users (created_at) WHERE NOT is_approved AND NOT is_disabled;
-- The last run that worked, and the run under way.
CREATE INDEX idx_sync_history_status_started_at ON sync_history (status, started_at DESC);

-- Down Migration
DROP INDEX IF EXISTS idx_sync_history_status_started_at;
DROP INDEX IF EXISTS idx_users_created_at_waiting;
DROP INDEX IF EXISTS idx_audit_logs_created_at_admin;
DROP INDEX IF EXISTS idx_audit_logs_resource_resource_id_created_at;
DROP INDEX IF EXISTS idx_audit_logs_user_id_created_at;
