-- Up Migration
ALTER TABLE requests ADD COLUMN linear_issue_identifier VARCHAR(64);
ALTER TABLE requests ADD COLUMN linear_issue_url TEXT;
ALTER TABLE backlog_items ADD COLUMN status TEXT;

-- Down Migration
ALTER TABLE backlog_items DROP COLUMN status;
ALTER TABLE requests DROP COLUMN linear_issue_url;
ALTER TABLE requests DROP COLUMN linear_issue_identifier;
