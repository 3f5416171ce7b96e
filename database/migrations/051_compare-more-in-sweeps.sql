-- Up Migration
-- What may change in Linear without moving a time: places in its orders, when an item came into its cycle, deadlines.
ALTER TABLE sweep_entries
  ADD COLUMN sort_order DOUBLE PRECISION,
  ADD COLUMN priority_sort_order DOUBLE PRECISION,
  ADD COLUMN sub_issue_sort_order DOUBLE PRECISION,
  ADD COLUMN added_to_project_at TIMESTAMPTZ,
  ADD COLUMN added_to_cycle_at TIMESTAMPTZ,
  ADD COLUMN sla_breaches_at TIMESTAMPTZ;

-- Down Migration
-- squawk-ignore-file ban-drop-column
ALTER TABLE sweep_entries
  DROP COLUMN IF EXISTS sla_breaches_at,
  DROP COLUMN IF EXISTS added_to_cycle_at,
  DROP COLUMN IF EXISTS added_to_project_at,
  DROP COLUMN IF EXISTS sub_issue_sort_order,
  DROP COLUMN IF EXISTS priority_sort_order,
  DROP COLUMN IF EXISTS sort_order;
