-- Up Migration
-- squawk-ignore-file ban-drop-column, adding-not-nullable-field, require-concurrent-index-creation
-- A mail address has one row for what was asked for in browsers, which counts for it, whoever has it and whether or not
-- anybody does: when mails were sent and when wrong codes came, as far as these still count, and until when no code is
-- taken any more. Links under way are asked for again.
DELETE FROM sign_in_links WHERE browser_hash IS NOT NULL;
ALTER TABLE sign_in_links
ADD COLUMN asked_at TIMESTAMPTZ [] NOT NULL DEFAULT '{}',
ADD COLUMN wrong_at TIMESTAMPTZ [] NOT NULL DEFAULT '{}',
ADD COLUMN codes_closed_until TIMESTAMPTZ;
CREATE UNIQUE INDEX idx_sign_in_links_email_asked ON sign_in_links (email) WHERE browser_hash IS NOT NULL;

-- Down Migration
DROP INDEX IF EXISTS idx_sign_in_links_email_asked;
ALTER TABLE sign_in_links
DROP COLUMN IF EXISTS codes_closed_until,
DROP COLUMN IF EXISTS wrong_at,
DROP COLUMN IF EXISTS asked_at;
