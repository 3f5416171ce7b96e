-- Up Migration
CREATE TABLE app_settings (
  key VARCHAR(100) PRIMARY KEY,
  value TEXT NOT NULL,
  description TEXT,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
INSERT INTO app_settings (key, value, description)
VALUES ('sync_cron_schedule', '*/15 * * * *', 'When to synchronise');

-- Down Migration
DROP TABLE IF EXISTS app_settings;
