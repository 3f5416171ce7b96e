-- Up Migration
-- What Linear refused when it was last asked for: it is asked again after growing pauses, until it is there.
CREATE TABLE sync_refusals (
  stream TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL,
  -- The field's or the node's; empty for a whole list and for a node that has not told its id.
  name TEXT COLLATE "C" NOT NULL,
  reason TEXT NOT NULL,
  remedy TEXT NOT NULL,
  path TEXT NOT NULL,
  -- Counted once a run; last_run_id is a row of sync_history, or was one.
  tries INTEGER NOT NULL DEFAULT 1,
  last_run_id INTEGER NOT NULL,
  first_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  next_at TIMESTAMPTZ NOT NULL,
  -- From where on the list has to be read once more, to find a node that can't be asked for by its id; NULL: all of it.
  retry_from TIMESTAMPTZ,
  CONSTRAINT sync_refusals_pkey PRIMARY KEY (stream, kind, name),
  CONSTRAINT sync_refusals_kind_check CHECK (kind IN ('list', 'field', 'node', 'hole'))
);

-- Down Migration
DROP TABLE IF EXISTS sync_refusals;
