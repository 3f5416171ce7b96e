-- Up Migration
-- squawk-ignore-file adding-field-with-default, adding-foreign-key-constraint, constraint-missing-not-valid
-- The tables have few rows.
ALTER TABLE settings
-- Pages that are switched off for everybody, and for one person, by their names in the program.
ADD COLUMN pages_off TEXT [] NOT NULL DEFAULT '{}',
-- Where the environment says nothing; NULL for the usual.
ADD COLUMN sync_interval_s INTEGER CHECK (sync_interval_s BETWEEN 60 AND 86400),
-- With which view the backlog opens for who has chosen none.
ADD COLUMN start_view_id INTEGER,
ADD CONSTRAINT settings_start_view_id_fk
FOREIGN KEY (start_view_id) REFERENCES published_views (id) ON DELETE SET NULL;
CREATE INDEX idx_settings_start_view_id ON settings (start_view_id);
ALTER TABLE users ADD COLUMN pages_off TEXT [] NOT NULL DEFAULT '{}';
ALTER TABLE viewer_groups
ADD COLUMN start_view_id INTEGER,
ADD CONSTRAINT viewer_groups_start_view_id_fk
FOREIGN KEY (start_view_id) REFERENCES published_views (id) ON DELETE SET NULL;
CREATE INDEX idx_viewer_groups_start_view_id ON viewer_groups (start_view_id);

-- Down Migration
-- squawk-ignore-file ban-drop-column
ALTER TABLE viewer_groups DROP COLUMN start_view_id;
ALTER TABLE users DROP COLUMN pages_off;
ALTER TABLE settings DROP COLUMN pages_off, DROP COLUMN sync_interval_s, DROP COLUMN start_view_id;
