-- Up Migration
-- squawk-ignore-file require-concurrent-index-creation
-- The words of an item are read after it was stored. Until then each of these indexes had an entry for it that says that
-- there are none, which made up a tenth of what a first sync cost PostgreSQL, and by which nothing is ever found. They
-- are built anew, which takes some seconds for 100,000 items.
DROP INDEX idx_search_entries_words;
CREATE INDEX idx_search_entries_words ON search_entries USING gin (words) WHERE words IS NOT NULL;
DROP INDEX idx_search_entries_title_words;
CREATE INDEX idx_search_entries_title_words ON search_entries USING gin (title_words) WHERE title_words IS NOT NULL;

-- Down Migration
DROP INDEX idx_search_entries_title_words;
CREATE INDEX idx_search_entries_title_words ON search_entries USING gin (title_words);
DROP INDEX idx_search_entries_words;
CREATE INDEX idx_search_entries_words ON search_entries USING gin (words);
