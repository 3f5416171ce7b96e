-- Up Migration
-- What runs that `slb migrate adopt` took over were called by the Node service. They filled a mirror of its own, so
-- they say nothing about the age of this one.
CREATE TABLE adopted_runs (
  sync_history_id INTEGER NOT NULL,
  status TEXT NOT NULL,
  trigger_type TEXT NOT NULL,
  CONSTRAINT adopted_runs_pkey PRIMARY KEY (sync_history_id),
  CONSTRAINT adopted_runs_sync_history_id_fk
  FOREIGN KEY (sync_history_id) REFERENCES sync_history (id) ON DELETE CASCADE
);

-- Down Migration
DROP TABLE IF EXISTS adopted_runs;
