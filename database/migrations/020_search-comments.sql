-- Up Migration
-- The words are read in another way from now on, those of comments too; until then the old ones are searched.
UPDATE search_entries SET stale_since = NOW() WHERE stale_since IS NULL;

-- Down Migration
UPDATE search_entries SET stale_since = NOW() WHERE stale_since IS NULL;
