-- The personas; `session-of-NAME-0123456789` is the cookie of each, `slb_token-of-NAME-…` their programs' token.
INSERT INTO viewer_groups (name) VALUES ('Nobody''s'), ('Field staff');
INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES
(2, 'project', 'project-bakery'), (2, 'label', 'label-area'), (2, 'team', 'sample-team-ops'),
(2, 'label', 'sample-label-platform');

INSERT INTO users (
  email, display_name, is_admin, is_approved, is_disabled, approved_at, approved_by, created_at, last_access_at,
  access_until, sees_everything, access_note, decision_reason
) VALUES
('alice@example.com', 'Alice', TRUE, TRUE, FALSE, '2026-01-01Z', NULL, '2026-01-01Z', '2026-02-06 11:59:50Z', NULL, TRUE, NULL, NULL),
('bob@example.com', 'Bob <Reader>', FALSE, TRUE, FALSE, '2026-01-02Z', 1, '2026-01-02Z', '2026-02-06 11:59:40Z', NULL, TRUE, NULL, NULL),
('carol@example.com', NULL, FALSE, FALSE, FALSE, NULL, NULL, '2026-01-03Z', '2026-02-06 11:59:30Z', NULL, FALSE, 'I sell "parts" & more.', NULL),
('erin@example.com', 'Erin', FALSE, TRUE, FALSE, '2026-01-04Z', 1, '2026-01-04Z', '2026-02-06 11:59:20Z', '2026-03-01Z', FALSE, NULL, NULL),
('mallory@example.com', NULL, FALSE, FALSE, TRUE, NULL, NULL, '2026-01-05Z', NULL, NULL, FALSE, 'Let me in', 'Not one of us'),
('dora@example.com', 'Dora', FALSE, TRUE, TRUE, '2026-01-06Z', 1, '2026-01-06Z', '2026-01-07Z', NULL, TRUE, NULL, NULL),
('gina@example.com', 'Gina', FALSE, TRUE, FALSE, '2026-01-07Z', 1, '2026-01-07Z', '2026-02-06 11:59:10Z', NULL, FALSE, NULL, NULL),
('frank@example.com', 'Frank', FALSE, TRUE, FALSE, '2026-01-08Z', 1, '2026-01-08Z', '2026-01-09Z', '2026-02-01Z', TRUE, NULL, NULL);
INSERT INTO viewer_group_members (user_id, viewer_group_id)
SELECT id, CASE email WHEN 'erin@example.com' THEN 2 ELSE 1 END FROM users
WHERE email IN ('erin@example.com', 'gina@example.com');
INSERT INTO users (email, is_approved, sees_everything, created_at, approved_at)
SELECT 'guest' || n || '@example.com', n % 2 = 0, n % 2 = 0, timestamptz '2025-06-01Z' + make_interval(days => n),
  CASE WHEN n % 2 = 0 THEN timestamptz '2025-07-01Z' END
FROM generate_series(1, 70) AS n;

INSERT INTO sessions (token_hash, user_id, method, ip_address, user_agent, created_at, last_seen_at)
SELECT sha256(('session-of-' || split_part(email, '@', 1) || '-0123456789')::bytea), id, 'link', '192.0.2.' || id,
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  timestamptz '2026-02-01Z' + make_interval(mins => id), timestamptz '2026-02-06 11:59:59Z' - make_interval(secs => id)
FROM users WHERE email NOT LIKE 'guest%' ORDER BY id;
INSERT INTO api_tokens (user_id, name, token_hash, scopes, created_at, last_used_at, expires_at)
SELECT id, 'of ' || split_part(email, '@', 1), sha256(('slb_token-of-' || split_part(email, '@', 1) || '-0123456789')::bytea),
  CASE split_part(email, '@', 1) WHEN 'gina' THEN '{me}' ELSE '{feed,items,me}' END::text[],
  '2026-02-01Z', '2026-02-06 11:59:55Z', CASE WHEN id = 4 THEN timestamptz '2026-03-01Z' END
FROM users WHERE email NOT LIKE 'guest%' ORDER BY id;
INSERT INTO sign_in_links (email, salt, token_hash, browser_hash, next_path, expires_at) VALUES
('bob@example.com', '\x00', sha256('link-of-bob'), sha256('browser-of-nobody-0123456789'), '/changes', '2026-02-06 12:10Z'),
('carol@example.com', '\x01', sha256('link-of-carol'), NULL, '/', '2026-02-06 12:10Z'),
('mallory@example.com', '\x02', sha256('link-of-mallory'), NULL, '/', '2026-02-06 12:10Z'),
('frank@example.com', '\x03', sha256('link-of-frank'), NULL, '/', '2026-02-06 11:00Z');
INSERT INTO published_views (name, query, layout, position, created_by) VALUES
('Open bugs', 'label=Bug&done=hidden', 'list', 1, 1), ('Board of ENG', 'team=ENG', 'board', 2, 1),
('What comes', 'group=initiative', 'roadmap', 3, 1);
INSERT INTO user_preferences (user_id, preferences)
SELECT id, '{"theme": "dark", "density": "compact", "time_zone": "Europe/Berlin", "locale": "de",
  "columns": ["id", "due", "estimate", "created", "milestone", "cycle"],
  "views": [{"name": "Mine", "query": "assignee=bob&order=due", "extra": 1}, {"name": "Plan", "query": "", "layout": "roadmap"}],
  "visits": {"last": {"at": 1770200000, "mirrored": 1770190000}}}'
FROM users WHERE email = 'erin@example.com';
