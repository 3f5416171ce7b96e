-- Show less: no texts, no people, one label group, one project and one team hidden, a private team shown.
UPDATE sharing_settings SET shows_descriptions = FALSE, shows_comments = FALSE, shows_assignees = FALSE,
  shows_estimates = FALSE, shows_attachments = FALSE, version = version + 1;
INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES
('label', 'label-area', FALSE), ('label', 'label-hush', FALSE), ('project', 'project-hidden', FALSE),
('team', 'team-sec', TRUE);
INSERT INTO sync_history (status, trigger_type, started_at, completed_at, duration_ms, error_message) VALUES
('failed', 'automatic', '2026-02-06 11:59Z', '2026-02-06 11:59:02Z', 2000, 'The key is not valid any more.');
