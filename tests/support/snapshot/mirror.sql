-- A small backlog in which every field has something, nothing, and something that may not be shown.
INSERT INTO teams (id, key, name, color, private, created_at, updated_at, archived_at) VALUES
('team-eng', 'ENG', 'Engineering', '#5e6ad2', FALSE, '2025-01-01Z', '2025-06-01Z', NULL),
('team-ops', 'OPS', 'Operations & <Field>', '#d9822b', FALSE, '2025-01-01Z', '2025-06-01Z', NULL),
('team-sec', 'SEC', 'Secrets', NULL, TRUE, '2025-01-01Z', '2025-06-01Z', NULL),
('team-old', 'OLD', 'Retired', NULL, FALSE, '2025-01-01Z', '2025-06-01Z', '2025-12-01Z');

INSERT INTO workflow_states (id, team_id, name, type, color, position, created_at, updated_at)
SELECT team || '-' || name, 'team-' || team, name, type, color, position, '2025-01-01Z', '2025-06-01Z'
FROM unnest(ARRAY['eng', 'ops', 'sec', 'old']) AS team,
(VALUES
  ('Triage', 'triage', '#fc7840', 0), ('Backlog', 'backlog', '#bec2c8', 1), ('Todo', 'unstarted', '#e2e2e2', 2),
  ('In Progress', 'started', '#f2c94c', 3), ('in review', 'started', '#4cb782', 4), ('Done', 'completed', NULL, 5),
  ('Canceled', 'canceled', '#95a2b3', 6), ('Duplicate', 'duplicate', '#95a2b3', 7)
) AS state (name, type, color, position);
UPDATE workflow_states SET name = 'In Review' WHERE id = 'ops-in review';
UPDATE workflow_states SET name = 'Waiting, for "somebody"' WHERE id = 'ops-In Progress';

INSERT INTO labels (id, team_id, name, color, parent_id, is_group, created_at, updated_at) VALUES
('label-bug', NULL, 'Bug', '#eb5757', NULL, FALSE, '2025-01-01Z', '2025-06-01Z'),
('label-bug-2', 'team-ops', 'bug', '#eb0000', NULL, FALSE, '2025-01-01Z', '2025-06-01Z'),
('label-area', NULL, 'Area', NULL, NULL, TRUE, '2025-01-01Z', '2025-06-01Z'),
('label-roof', NULL, 'Roof', '#4ea7fc', 'label-area', FALSE, '2025-01-01Z', '2025-06-01Z'),
('label-cellar', NULL, 'Cellar', 'no color', 'label-area', FALSE, '2025-01-01Z', '2025-06-01Z'),
('label-hush', NULL, 'Hush-hush', '#000000', NULL, FALSE, '2025-01-01Z', '2025-06-01Z'),
('label-comma', NULL, 'Parts, spare & "used"', '#ffffff', NULL, FALSE, '2025-01-01Z', '2025-06-01Z'),
('label-unused', NULL, 'Unused', NULL, NULL, FALSE, '2025-01-01Z', '2025-06-01Z');
UPDATE labels SET is_offered = TRUE;

INSERT INTO people (id, name, display_name, active, created_at, updated_at) VALUES
('person-alice', 'Alice Example', 'alice', TRUE, '2025-01-01Z', '2025-06-01Z'),
('person-bob', 'Bob', NULL, TRUE, '2025-01-01Z', '2025-06-01Z'),
('person-zoe', 'Zoë O''Hara-Świątek', 'zoë', TRUE, '2025-01-01Z', '2025-06-01Z'),
('person-gone', 'Gone Person', 'gone', FALSE, '2025-01-01Z', '2025-06-01Z');

INSERT INTO project_statuses (id, name, type, color, position, created_at, updated_at) VALUES
('status-planned', 'Planned', 'planned', '#bec2c8', 1, '2025-01-01Z', '2025-06-01Z'),
('status-started', 'Under way', 'started', '#f2c94c', 2, '2025-01-01Z', '2025-06-01Z'),
('status-done', 'Shipped', 'completed', '#5e6ad2', 3, '2025-01-01Z', '2025-06-01Z'),
('status-canceled', 'Dropped', 'canceled', NULL, 4, '2025-01-01Z', '2025-06-01Z');

INSERT INTO projects (
  id, name, description, color, status_id, start_date, target_date, progress, health, lead_id, sort_order, url,
  created_at, updated_at
) VALUES
(
  'project-apollo', 'Apollo', 'To the **moon**', '#5e6ad2', 'status-started', '2025-11-03', '2026-05-29', 0.4,
  'onTrack', 'person-alice', 1, 'https://linear.app/example/project/apollo', '2025-01-01Z', '2025-06-01Z'
),
(
  'project-bakery', 'Bakery & <Sons>', NULL, NULL, 'status-planned', '2026-03-01', NULL, 0, 'atRisk', NULL, 2, NULL,
  '2025-01-01Z', '2025-06-01Z'
),
(
  'project-cabin', 'Cabin', NULL, '#d9822b', 'status-done', NULL, '2025-12-24', 1, NULL, 'person-zoe', 3, NULL,
  '2025-01-01Z', '2025-06-01Z'
),
(
  'project-dream', 'Dream without a date', NULL, NULL, 'status-planned', NULL, NULL, 0, NULL, NULL, 4, NULL,
  '2025-01-01Z', '2025-06-01Z'
),
(
  'project-hidden', 'Hidden project', NULL, NULL, 'status-started', '2026-01-01', '2026-12-31', 0.1, 'offTrack', NULL,
  5, NULL, '2025-01-01Z', '2025-06-01Z'
),
('project-empty', 'Empty', NULL, NULL, NULL, NULL, '2027-06-01', 0, NULL, NULL, 6, NULL, '2025-01-01Z', '2025-06-01Z');
INSERT INTO projects (id, name, status_id, start_date, target_date, sort_order, created_at, updated_at)
SELECT 'project-' || n, 'Project ' || n, 'status-canceled', date '2025-06-01' + n, date '2026-06-01' + n, 10 + n,
  '2025-01-01Z', '2025-06-01Z'
FROM generate_series(1, 60) AS n;

INSERT INTO project_milestones (id, project_id, name, target_date, sort_order, created_at, updated_at) VALUES
('milestone-launch', 'project-apollo', 'Launch', '2026-02-27', 1, '2025-01-01Z', '2025-06-01Z'),
('milestone-land', 'project-apollo', 'Landing on the far side of the moon, softly', '2026-05-01', 2, '2025-01-01Z', '2025-06-01Z'),
('milestone-some-day', 'project-bakery', 'Some day', NULL, 1, '2025-01-01Z', '2025-06-01Z');

INSERT INTO cycles (id, team_id, number, name, starts_at, ends_at, completed_at, created_at, updated_at) VALUES
('cycle-eng-11', 'team-eng', 11, NULL, '2026-01-19Z', '2026-02-02Z', '2026-02-02Z', '2025-01-01Z', '2025-06-01Z'),
('cycle-eng-12', 'team-eng', 12, 'The big one', '2026-02-02Z', '2026-02-16Z', NULL, '2025-01-01Z', '2025-06-01Z'),
('cycle-ops-12', 'team-ops', 12, NULL, '2026-02-02Z', '2026-02-16Z', NULL, '2025-01-01Z', '2025-06-01Z'),
('cycle-ops-13', 'team-ops', 13, NULL, '2026-02-16Z', '2026-03-02Z', NULL, '2025-01-01Z', '2025-06-01Z');

INSERT INTO initiatives (id, name, status, target_date, owner_id, sort_order, created_at, updated_at) VALUES
('initiative-space', 'Space', 'Active', '2026-12-31', 'person-alice', 1, '2025-01-01Z', '2025-06-01Z'),
('initiative-bread', 'Bread', 'Planned', NULL, NULL, 2, '2025-01-01Z', '2025-06-01Z');
INSERT INTO initiative_projects (id, initiative_id, project_id, created_at, updated_at) VALUES
('ip-1', 'initiative-space', 'project-apollo', '2025-01-01Z', '2025-06-01Z'),
('ip-2', 'initiative-space', 'project-hidden', '2025-01-01Z', '2025-06-01Z'),
('ip-3', 'initiative-bread', 'project-bakery', '2025-01-01Z', '2025-06-01Z');

-- Steps that have no common divisor, so that the fields come in all combinations.
INSERT INTO backlog_items (
  id, identifier, number, title, description, url, branch_name, priority, estimate, sort_order, due_date, label_ids,
  team_id, state_id, assignee_id, creator_id, project_id, project_milestone_id, cycle_id, parent_id, created_at,
  updated_at, started_at, completed_at, canceled_at, archived_at, trashed, removed_at
)
SELECT
  'item-' || n, upper(team) || '-' || n, n,
  (ARRAY[
    'Fix the door', 'Paint the roof, again', 'Größe der Tür prüfen', 'Crash when <b>saving</b> & closing',
    'Позвонить поставщику', '電話をかける', 'Order 100% "good" parts', 'Door opens by itself_at_night', 'A\B testing'
  ])[1 + n % 9] || CASE WHEN n % 4 = 0 THEN ' no. ' || n ELSE '' END,
  CASE n % 6
    WHEN 0 THEN '## Steps' || E'\n\n- [x] one\n- [ ] two\n\n`code` and **bold** door, see [docs](https://example.com/' || n || ').'
    WHEN 1 THEN E'```python\nprint("roof")\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script>'
    WHEN 2 THEN 'Relates to ENG-10, OPS-11 and SEC-12. ![shot](https://uploads.linear.app/a/b/' || n || '.png)'
    WHEN 3 THEN repeat('A long story about a door and its hinges. ', 20)
  END,
  'https://linear.app/example/issue/' || upper(team) || '-' || n, CASE WHEN n % 3 = 0 THEN 'bob/' || n END,
  n % 5, CASE WHEN n % 4 > 0 THEN n % 8 END, CASE WHEN n % 7 > 0 THEN (n * 37) % 101 END,
  CASE WHEN n % 3 > 0 THEN date '2026-02-06' + (n * 13) % 61 - 20 END,
  (ARRAY[
    '{}', '{label-bug}', '{label-bug-2,label-roof}', '{}', '{label-cellar}', '{label-hush}',
    '{label-comma,label-bug,label-roof,label-cellar}'
  ])[1 + n % 7]::text[],
  'team-' || team, CASE WHEN n % 29 > 0 THEN team || '-' || state END,
  (ARRAY[NULL, 'person-alice', 'person-bob', 'person-zoe', 'person-gone'])[1 + n % 5 * (n % 3) % 5],
  (ARRAY['person-alice', 'person-bob', NULL])[1 + n % 3],
  (ARRAY[NULL, 'project-apollo', 'project-bakery', 'project-cabin', NULL, 'project-hidden', 'project-dream'])[1 + (n * 3) % 7],
  CASE WHEN (n * 3) % 7 = 1 THEN (ARRAY[NULL, 'milestone-launch', 'milestone-land'])[1 + n % 3] END,
  CASE WHEN team IN ('eng', 'ops') AND n % 4 = 1 THEN 'cycle-' || team || '-12' WHEN n % 8 = 2 THEN 'cycle-eng-11' END,
  CASE WHEN n % 10 = 3 THEN 'item-' || n - 1 WHEN n % 10 = 4 THEN 'item-' || n - 2 END,
  timestamptz '2026-02-06 11:00Z' - make_interval(hours => n * 17),
  timestamptz '2026-02-06 11:58Z' - make_interval(mins => n * n % 997, hours => n / 3),
  CASE WHEN state IN ('In Progress', 'in review', 'Done') THEN timestamptz '2026-02-05Z' - make_interval(hours => n * 3) END,
  CASE WHEN state = 'Done' THEN timestamptz '2026-02-06Z' - make_interval(hours => n * 2) END,
  CASE WHEN state = 'Canceled' THEN timestamptz '2026-02-06Z' - make_interval(hours => n) END,
  CASE WHEN n % 19 = 7 THEN timestamptz '2026-02-06Z' - make_interval(hours => n) END,
  n % 41 = 9, CASE WHEN n % 43 = 5 THEN timestamptz '2026-02-05Z' END
FROM (
  SELECT n, (ARRAY['eng', 'ops', 'eng', 'sec', 'ops', 'old', 'eng', 'ops'])[1 + n % 8] AS team,
    (ARRAY['Triage', 'Backlog', 'Todo', 'In Progress', 'in review', 'Done', 'Canceled', 'Duplicate', 'Backlog', 'Todo', 'Done'])[1 + n % 11] AS state
  FROM generate_series(1, 240) AS n
) AS plan;
UPDATE backlog_items SET previous_identifiers = '{OPS-902,ENG-903}' WHERE id = 'item-2';
UPDATE backlog_items SET title = repeat('A very long title ', 15), sla_breaches_at = '2026-02-07Z' WHERE id = 'item-8';
-- What the triggers note as changes.
UPDATE backlog_items SET state_id = 'eng-In Progress', started_at = '2026-02-06 09:00Z' WHERE id IN ('item-8', 'item-16', 'item-18');
UPDATE backlog_items SET state_id = 'eng-Done', completed_at = '2026-02-06 10:00Z' WHERE id = 'item-16';
UPDATE backlog_items SET state_id = 'ops-Todo' WHERE id IN ('item-1', 'item-9', 'item-17');

INSERT INTO comments (id, issue_id, parent_id, user_id, body, quoted_text, created_at, updated_at, edited_at, resolved_at, hide_in_linear)
SELECT 'comment-' || n, 'item-' || 1 + n % 30, CASE WHEN n > 60 THEN 'comment-' || n - 60 END,
  (ARRAY['person-alice', 'person-bob', NULL, 'person-gone'])[1 + n % 4],
  (ARRAY['Looks **good** to me', 'Still open at the hinge, @alice', E'> quoted\n\nanswer', 'See ENG-10 and https://example.com/?a=b&c'])[1 + n % 4],
  CASE WHEN n % 9 = 0 THEN 'the quoted words' END,
  timestamptz '2026-01-20Z' + make_interval(hours => n), '2026-01-30Z',
  CASE WHEN n % 7 = 0 THEN timestamptz '2026-01-29Z' END, CASE WHEN n % 11 = 0 THEN timestamptz '2026-01-30Z' END, false
FROM generate_series(1, 120) AS n;

INSERT INTO item_relations (id, type, issue_id, related_issue_id, created_at, updated_at)
SELECT 'relation-' || n, (ARRAY['blocks', 'related', 'duplicate', 'similar'])[1 + n % 4], 'item-' || n,
  'item-' || 1 + n * 7 % 50, '2026-01-01Z', '2026-01-01Z'
FROM generate_series(1, 40) AS n WHERE n <> 1 + n * 7 % 50;

INSERT INTO attachments (id, issue_id, title, subtitle, url, source_type, created_at, updated_at)
SELECT 'attachment-' || n, 'item-' || n * 3, 'Attachment ' || n, CASE WHEN n % 2 = 0 THEN 'Merged <yesterday>' END,
  (ARRAY['https://github.com/example/a/pull/' || n, 'javascript:alert(1)', 'https://example.com/file.pdf'])[1 + n % 3],
  (ARRAY['github', 'slack', NULL])[1 + n % 3], '2026-01-01Z', '2026-01-01Z'
FROM generate_series(1, 15) AS n;

INSERT INTO search_entries (item_id) SELECT id FROM backlog_items;

INSERT INTO sync_history (
  status, trigger_type, triggered_by, started_at, completed_at, duration_ms, items_synced, items_failed, error_message,
  error_details, is_full, streams, requests, points, next_step, budget, held
)
SELECT
  CASE n % 6 WHEN 0 THEN 'failed' WHEN 1 THEN 'partial' WHEN 2 THEN 'interrupted' ELSE 'succeeded' END,
  (ARRAY['automatic', 'manual', 'webhook', 'import'])[1 + n % 4], NULL,
  timestamptz '2026-02-06 11:57Z' - make_interval(mins => n * 5),
  timestamptz '2026-02-06 11:57:12Z' - make_interval(mins => n * 5), n * 311, n * 3, CASE WHEN n % 6 = 1 THEN 1 ELSE 0 END,
  CASE n % 6 WHEN 0 THEN 'Linear did not answer.' WHEN 2 THEN 'The program ended.' END, NULL, n % 5 = 0,
  '{"issues": {"fetched": 12, "created": 2, "updated": 3, "unchanged": 7}}', n, n * 20, NULL, NULL, NULL
FROM generate_series(40, 0, -1) AS n WHERE n > 0;
INSERT INTO sync_history (status, trigger_type, started_at, completed_at, duration_ms, items_synced, is_full) VALUES
('succeeded', 'automatic', '2026-02-06 11:57Z', '2026-02-06 11:57:12Z', 12000, 3, TRUE);
