-- Fill a migrated mirror that is empty; made of %(items)s items, the same ones each time. pieces (n, body, words), the
-- texts to choose from, and titles (n, title, words) are there already, and so is the place of search words.
CREATE FUNCTION pg_temp.uid(kind TEXT, n BIGINT) RETURNS TEXT IMMUTABLE
RETURN md5(kind || n)::uuid::text;
-- A number from 0 to below 1, another one for each die of an item.
CREATE FUNCTION pg_temp.die(i BIGINT, die BIGINT) RETURNS FLOAT8 IMMUTABLE
RETURN (hashint8extended(i, die) & 1073741823) / 1073741824.0;
CREATE FUNCTION pg_temp.today() RETURNS TIMESTAMPTZ IMMUTABLE
RETURN '2026-11-02 12:00:00+00'::timestamptz;

CREATE TEMP TABLE keys AS
SELECT n::int, key
FROM unnest(ARRAY['ENG', 'OPS', 'WEB', 'APP', 'PLN', 'HUM', 'FLD', 'SUP', 'DAT', 'SEC', 'DOC', 'FIN'])
     WITH ORDINALITY AS k (key, n);
INSERT INTO teams (id, key, name, private, created_at, updated_at)
SELECT pg_temp.uid('team', n), key, 'Team ' || key, n = 6, pg_temp.today(), pg_temp.today() FROM keys;

INSERT INTO workflow_states (id, team_id, name, type, color, position, created_at, updated_at)
SELECT pg_temp.uid('state', 7 * team + n - 1), pg_temp.uid('team', team), name, type, color, n,
       pg_temp.today(), pg_temp.today()
FROM generate_series(1, 12) team,
     unnest(
       ARRAY['Triage', 'Backlog', 'Todo', 'In Progress', 'In Review', 'Done', 'Canceled'],
       ARRAY['triage', 'backlog', 'unstarted', 'started', 'started', 'completed', 'canceled'],
       ARRAY['#FC7840', '#BEC2C8', '#E2E2E2', '#F2C94C', '#4CB782', '#5E6AD2', '#95A2B3']
     ) WITH ORDINALITY AS s (name, type, color, n);

INSERT INTO people (id, name, created_at, updated_at)
SELECT pg_temp.uid('person', n), first || ' ' || last, pg_temp.today(), pg_temp.today()
FROM (
  SELECT row_number() OVER () - 1 AS n, first, last
  FROM unnest(ARRAY[
         'Ada', 'Ben', 'Cleo', 'Dan', 'Eva', 'Finn', 'Gus', 'Hana', 'Ivo', 'Jana',
         'Kai', 'Lea', 'Milo', 'Nora', 'Otis', 'Pia', 'Quinn', 'Rosa', 'Sam', 'Tess'
       ]) first,
       unnest(ARRAY[
         'Ash', 'Birch', 'Cedar', 'Dale', 'Elm', 'Fern', 'Glen', 'Hazel',
         'Ivy', 'Juniper', 'Kestrel', 'Linden', 'Moss', 'Nettle', 'Oak'
       ]) last
) named;

INSERT INTO projects (id, name, color, lead_id, start_date, target_date, progress, created_at, updated_at)
SELECT pg_temp.uid('project', n), title, '#26B5CE', pg_temp.uid('person', n % 300), '2026-01-01'::date + n::int,
       '2026-06-01'::date + n::int, pg_temp.die(n, 90), pg_temp.today(), pg_temp.today()
FROM (SELECT n / 50 AS n, title FROM titles WHERE n % 50 = 0) named WHERE n < 400;

INSERT INTO project_milestones (id, project_id, name, sort_order, created_at, updated_at)
SELECT pg_temp.uid('milestone', n), pg_temp.uid('project', n / 2), (ARRAY['First use', 'Everywhere'])[1 + n % 2], n,
       pg_temp.today(), pg_temp.today()
FROM generate_series(0, 799) n;

-- The last but one is the current one.
INSERT INTO cycles (id, team_id, number, starts_at, ends_at, created_at, updated_at)
SELECT pg_temp.uid('cycle', 40 * team + n - 1), pg_temp.uid('team', team), n,
       pg_temp.today() + (n - 39) * interval '14 days', pg_temp.today() + (n - 38) * interval '14 days',
       pg_temp.today(), pg_temp.today()
FROM generate_series(1, 12) team, generate_series(1, 40) n;

INSERT INTO labels (id, name, color, is_offered, created_at, updated_at)
SELECT pg_temp.uid('label', n), first || ' ' || last, '#' || substr(md5(n::text), 1, 6), TRUE, pg_temp.today(),
       pg_temp.today()
FROM (
  SELECT row_number() OVER () - 1 AS n, first, last
  FROM unnest(ARRAY['Bug', 'Wish', 'Question', 'Chore', 'Risk', 'Idea', 'Debt', 'Promise', 'Law', 'Cost']) first,
       unnest(ARRAY[
         'phone', 'tablet', 'desk', 'print', 'mail', 'map', 'office', 'depot', 'driver', 'customer',
         'invoice', 'order', 'report', 'sign-in', 'search', 'speed', 'words', 'colour', 'backup', 'night'
       ]) last
) named;

-- An item is done with a chance of 60 in 100; archived is only what is done or canceled, a fifth of all.
CREATE TEMP TABLE drawn AS
SELECT i, width_bucket(die[1], ARRAY[.25, .43, .57, .68, .76, .82, .87, .91, .94, .96, .98]::float8[]) + 1 AS team,
       width_bucket(die[2], ARRAY[.01, .15, .23, .29, .33, .93]::float8[]) AS state,
       pg_temp.today() - die[3] ^ 3 * interval '800 days' AS updated_at, die,
       CASE WHEN die[4] < .85 THEN floor(2000 * die[5])::int END AS opening,
       CASE WHEN die[4] < .5 THEN 2000 + floor(2000 * die[6])::int END AS rest,
       floor(20000 * pg_temp.die(i, 90))::int AS title_n,
       concat_ws(
         ' ',
         CASE WHEN i %% greatest(%(items)s / 20, 1) = 7 THEN 'albatross' END,
         CASE WHEN i %% 300 = 11 THEN 'kingfisher' END,
         CASE WHEN i %% 5 = 3 THEN 'heron' END
       ) AS birds
FROM (SELECT i, ARRAY(SELECT pg_temp.die(i, n) FROM generate_series(1, 24) n) AS die
      FROM generate_series(1, %(items)s) i) d;

INSERT INTO backlog_items (
  id, identifier, number, title, description, url, branch_name, priority, estimate, sort_order, priority_sort_order,
  sub_issue_sort_order, due_date, trashed, label_ids, previous_identifiers, team_id, state_id, assignee_id, creator_id,
  project_id, project_milestone_id, cycle_id, parent_id, created_at, updated_at, started_at, completed_at, canceled_at,
  archived_at, auto_archived_at, removed_at
)
SELECT pg_temp.uid('item', i), key || '-' || i, i, title,
       nullif(concat_ws(E'\n\n', o.body, r.body, nullif(birds, '')), ''),
       'https://linear.example.com/issue/' || key || '-' || i, 'branch/' || lower(key) || '-' || i,
       width_bucket(die[7], ARRAY[.3, .33, .48, .8]::float8[]),
       CASE WHEN die[8] < .5 THEN (ARRAY[1, 2, 3, 5, 8])[1 + i %% 5] END,
       20000 * (die[9] - .5), 20000 * (die[10] - .5), i,
       CASE WHEN die[11] < .15 THEN '2026-08-01'::date + (180 * die[12])::int END,
       die[13] < .002,
       ARRAY(
         SELECT DISTINCT pg_temp.uid('label', floor(200 * pg_temp.die(i, 100 + n) ^ 3)::int)
         FROM generate_series(1, (4 * die[14] ^ 1.5)::int) n
       ),
       CASE WHEN die[15] < .01 THEN ARRAY['OLD-' || i] ELSE '{}' END,
       pg_temp.uid('team', team), pg_temp.uid('state', 7 * team + state),
       CASE WHEN die[16] < .75 THEN pg_temp.uid('person', floor(300 * (die[16] / .75) ^ 2)::int) END,
       pg_temp.uid('person', floor(300 * die[17] ^ 2)::int),
       CASE WHEN die[18] < .55 THEN pg_temp.uid('project', floor(400 * (die[18] / .55) ^ 2)::int) END,
       CASE WHEN die[18] < .35 THEN pg_temp.uid('milestone', 2 * floor(400 * (die[18] / .55) ^ 2)::int + i %% 2) END,
       CASE WHEN die[19] < .35 THEN pg_temp.uid('cycle', 40 * team + floor(40 * die[20])::int) END,
       CASE WHEN die[21] < .12 THEN pg_temp.uid('item', 1 + floor((i - 1) * die[22])::int) END,
       updated_at - (1 + die[23] * 200) * interval '1 day', updated_at,
       CASE WHEN state > 2 THEN updated_at - interval '3 days' END,
       CASE WHEN state = 5 THEN updated_at - interval '1 hour' END,
       CASE WHEN state = 6 THEN updated_at - interval '1 hour' END,
       CASE WHEN state > 4 AND die[24] < .3 THEN updated_at END,
       CASE WHEN state > 4 AND die[24] < .3 THEN updated_at END,
       CASE WHEN die[13] > .995 THEN updated_at END
FROM drawn
JOIN titles ON titles.n = title_n
JOIN keys ON keys.n = team
LEFT JOIN pieces o ON o.n = opening
LEFT JOIN pieces r ON r.n = rest;

INSERT INTO comments (id, issue_id, user_id, body, created_at, updated_at)
SELECT pg_temp.uid('comment', i), pg_temp.uid('item', i), pg_temp.uid('person', i %% 300), body, updated_at, updated_at
FROM drawn JOIN pieces p ON p.n = (i * 7) %% 4000 WHERE i %% 4 = 0;

INSERT INTO item_relations (id, type, issue_id, related_issue_id, created_at, updated_at)
SELECT pg_temp.uid('relation', i), (ARRAY['blocks', 'related', 'duplicate'])[1 + i %% 3], pg_temp.uid('item', i),
       pg_temp.uid('item', 1 + i / 2), updated_at, updated_at
FROM drawn WHERE i %% 20 = 0;

INSERT INTO attachments (id, issue_id, title, url, source_type, created_at, updated_at)
SELECT pg_temp.uid('attachment', i), pg_temp.uid('item', i), 'Change ' || i, 'https://git.example.com/change/' || i,
       'github', updated_at, updated_at
FROM drawn WHERE i %% 10 = 0;

INSERT INTO field_changes (entity_id, field, from_value, to_value, changed_at)
SELECT pg_temp.uid('item', i), 'state', pg_temp.uid('state', 7 * team + state - 1), pg_temp.uid('state', 7 * team + state),
       updated_at
FROM drawn WHERE state > 1 AND i %% 2 = 0;

INSERT INTO search_entries (item_id, stale_since, words)
SELECT pg_temp.uid('item', i), NULL,
       (lower(key) || ':1A ' || i || ':2A')::tsvector || titles.words || coalesce(o.words, '') || coalesce(r.words, '')
         || CASE WHEN birds <> '' THEN (replace(birds, ' ', ':1B ') || ':1B')::tsvector ELSE '' END
         || coalesce(setweight(c.words, 'C'), '')
FROM drawn
JOIN titles ON titles.n = title_n
JOIN keys ON keys.n = team
LEFT JOIN pieces o ON o.n = opening
LEFT JOIN pieces r ON r.n = rest
LEFT JOIN pieces c ON i %% 4 = 0 AND c.n = (i * 7) %% 4000;

INSERT INTO sync_history (status, trigger_type, started_at, completed_at)
VALUES ('succeeded', 'automatic', pg_temp.today(), pg_temp.today());
INSERT INTO users (email, is_approved, sees_everything, approved_at)
SELECT 'viewer' || n || '@example.com', TRUE, TRUE, now() FROM generate_series(1, 200) n;
INSERT INTO sessions (token_hash, user_id, method)
SELECT sha256(('session-of-viewer-' || substr(email, 7, strpos(email, '@') - 7))::bytea), id, 'link'
FROM users WHERE email LIKE 'viewer%%';
