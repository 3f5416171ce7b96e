-- Up Migration
-- Whoever was let use some pages alone gets no others by an upgrade: what is stored is which pages they may not use.
UPDATE users SET pages_off = ARRAY(
  SELECT UNNEST(pages_off) UNION SELECT UNNEST('{trends,updates,done,forecasts}'::TEXT [])
) WHERE pages_off <> '{}';

-- Down Migration
UPDATE users SET pages_off = ARRAY(
  SELECT UNNEST(pages_off) EXCEPT SELECT UNNEST('{trends,updates,done,forecasts}'::TEXT [])
) WHERE pages_off <> '{}';
