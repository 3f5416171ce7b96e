-- Up Migration
-- What is known of an index's expressions is not used where the index leaves rows out. Without this the planner takes
-- each priority for one row in 200, and each day for as rare.
CREATE STATISTICS stats_backlog_items_priority ON (mod(5 - priority, 5)) FROM backlog_items;
CREATE STATISTICS stats_backlog_items_due_date ON (coalesce(due_date, '9999-12-31')) FROM backlog_items;

-- Down Migration
DROP STATISTICS IF EXISTS stats_backlog_items_due_date;
DROP STATISTICS IF EXISTS stats_backlog_items_priority;
