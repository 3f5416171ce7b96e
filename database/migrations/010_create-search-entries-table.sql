-- Up Migration
-- squawk-ignore-file ban-drop-column, adding-field-with-default
-- Making an item's entry takes as long as storing the item, so it is made after the sync, which marks it stale.
CREATE TABLE search_entries (
  item_id TEXT COLLATE "C" PRIMARY KEY,
  words TSVECTOR,
  -- Since when the words are not the item's any more; null: they are. New entries have all but the same time, so
  -- their index grows at its end.
  stale_since TIMESTAMPTZ DEFAULT NOW()
);
CREATE INDEX idx_search_entries_words ON search_entries USING gin (words);
CREATE INDEX idx_search_entries_stale_since ON search_entries (stale_since) WHERE stale_since IS NOT NULL;
INSERT INTO search_entries (item_id) SELECT id FROM backlog_items;
-- Few items were ever called otherwise, and an empty list would cost every other one an entry in this index.
DROP INDEX idx_backlog_items_previous_identifiers;
CREATE INDEX idx_backlog_items_previous_identifiers ON backlog_items USING gin (previous_identifiers)
WHERE previous_identifiers <> '{}';
DROP INDEX idx_backlog_items_search;
ALTER TABLE backlog_items DROP COLUMN search;

-- Down Migration
ALTER TABLE backlog_items ADD COLUMN search TSVECTOR GENERATED ALWAYS AS (
  setweight(to_tsvector('simple', identifier || ' ' || left(title, 10000)), 'A')
  || setweight(to_tsvector('simple', left(coalesce(description, ''), 100000)), 'B')
) STORED;
CREATE INDEX idx_backlog_items_search ON backlog_items USING gin (search);
DROP INDEX idx_backlog_items_previous_identifiers;
CREATE INDEX idx_backlog_items_previous_identifiers ON backlog_items USING gin (previous_identifiers);
DROP TABLE IF EXISTS search_entries;
