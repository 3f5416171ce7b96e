-- Up Migration
-- squawk-ignore-file disallowed-unique-constraint, constraint-missing-not-valid, ban-drop-column
-- SHA-256 of the signed body: the id comes in a header that nobody signs. Null for what came before this.
ALTER TABLE webhook_deliveries
ADD COLUMN body_hash BYTEA,
ADD CONSTRAINT webhook_deliveries_body_hash_unique UNIQUE (body_hash);

-- Down Migration
ALTER TABLE webhook_deliveries DROP COLUMN IF EXISTS body_hash;
