-- Up Migration
-- squawk-ignore-file ban-drop-column, adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
-- The tables that are altered here hold people and groups, of whom there are few.

-- Who sees nothing has neither this nor a group. Whoever has it needs no group.
ALTER TABLE users ADD COLUMN sees_everything BOOLEAN NOT NULL DEFAULT FALSE;

-- A person sees what any of their groups sees.
CREATE TABLE viewer_group_members (
  user_id INTEGER NOT NULL,
  viewer_group_id INTEGER NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  PRIMARY KEY (user_id, viewer_group_id),
  CONSTRAINT viewer_group_members_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT viewer_group_members_viewer_group_id_fk
  FOREIGN KEY (viewer_group_id) REFERENCES viewer_groups (id) ON DELETE CASCADE
);
CREATE INDEX idx_viewer_group_members_viewer_group_id ON viewer_group_members (viewer_group_id);

-- Who is in already keeps what they see; who was never approved has yet to be given something.
INSERT INTO viewer_group_members (user_id, viewer_group_id)
SELECT id, viewer_group_id FROM users WHERE viewer_group_id IS NOT NULL;
UPDATE users SET sees_everything = TRUE WHERE is_approved AND viewer_group_id IS NULL;
ALTER TABLE users DROP COLUMN viewer_group_id;

-- What newcomers are given before anybody chooses; it begins as nothing.
ALTER TABLE sharing_settings ADD COLUMN newcomers_see_everything BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE viewer_groups ADD COLUMN is_for_newcomers BOOLEAN NOT NULL DEFAULT FALSE;

-- Down Migration
ALTER TABLE viewer_groups DROP COLUMN is_for_newcomers;
ALTER TABLE sharing_settings DROP COLUMN newcomers_see_everything;
ALTER TABLE users
ADD COLUMN viewer_group_id INTEGER,
ADD CONSTRAINT users_viewer_group_id_fk
FOREIGN KEY (viewer_group_id) REFERENCES viewer_groups (id) ON DELETE RESTRICT;
CREATE INDEX idx_users_viewer_group_id ON users (viewer_group_id);
-- Before, a person had one group, and saw everything without one. Nobody may see more by going back.
INSERT INTO viewer_groups (name)
SELECT 'Nothing (before migration 028)' WHERE EXISTS (
  SELECT FROM users u WHERE u.is_approved AND NOT u.sees_everything AND NOT u.is_admin
    AND NOT EXISTS (SELECT FROM viewer_group_members m WHERE m.user_id = u.id)
) ON CONFLICT (name) DO NOTHING;
UPDATE users u SET viewer_group_id = coalesce(
  (SELECT min(m.viewer_group_id) FROM viewer_group_members m WHERE m.user_id = u.id),
  (SELECT g.id FROM viewer_groups g WHERE g.name = 'Nothing (before migration 028)' AND u.is_approved)
) WHERE NOT u.sees_everything AND NOT u.is_admin;
DROP TABLE viewer_group_members;
ALTER TABLE users DROP COLUMN sees_everything;
