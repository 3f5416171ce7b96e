-- Up Migration
-- squawk-ignore-file adding-field-with-default
-- Of people there are few. Who works in Linear sees links into it; so far only admins did.
ALTER TABLE users ADD COLUMN is_team_member BOOLEAN NOT NULL DEFAULT FALSE;

-- Down Migration
-- squawk-ignore-file ban-drop-column
ALTER TABLE users DROP COLUMN is_team_member;
