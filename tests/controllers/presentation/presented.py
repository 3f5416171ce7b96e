"""What the tests of slides share: items to show, what one slide says, and where its links lead."""

import re
from dataclasses import dataclass
from html import unescape

from httpx2 import Response

PRESENTED = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'OPS', 'Operations', false, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at) VALUES
  ('s1', 't1', 'Doing', 'started', now(), now()), ('s2', 't1', 'Next up', 'unstarted', now(), now()),
  ('s3', 't1', 'Later', 'backlog', now(), now()), ('s4', 't1', 'Shipped', 'completed', now(), now());
INSERT INTO backlog_items
  (id, identifier, number, title, team_id, state_id, priority, priority_sort_order, created_at, updated_at)
SELECT 'i' || n, 'ENG-' || n, n, 'Fix roof ' || n, 't1', 's' || 1 + n % 3, 2, n, '2026-02-06', '2026-02-06'
FROM generate_series(1, 16) n;
INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, created_at, updated_at)
VALUES ('o1', 'OPS-1', 1, 'Call the tiler', 't2', NULL, '2026-02-06', '2026-02-06'),
  ('d1', 'ENG-90', 90, 'Buy tiles', 't1', 's4', '2026-02-06', '2026-02-06');
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""
"""Sixteen open items of a team in three states, one that is done, and one of another team, by rank."""


@dataclass(frozen=True, slots=True)
class ReadSlide:
    """One slide as a reader of it has it; an address is None where there is none."""

    heading: str
    body: str
    where: str
    back: str
    next: str | None
    previous: str | None
    last: str | None


def read_slide(answer: Response) -> ReadSlide:
    """Return what the page of a slide says."""
    assert answer.status_code == 200, answer.status_code
    page = answer.text
    [body] = re.findall(r'<main id="main" class="slide-body" tabindex="-1">(.*)</main>', page, re.DOTALL)
    [heading] = re.findall(r"<h1[^>]*>([^<]*)</h1>", page)
    [where] = re.findall(r"<span>(Slide [^<]*)</span>", page)
    links = {rel: unescape(url) for url, rel in re.findall(r'href="([^"]*)" rel="([a-z]+)"', page)}
    return ReadSlide(
        unescape(heading), body, where, links["up"], links.get("next"), links.get("prev"), links.get("last")
    )


def read_titles(slide: ReadSlide) -> list[str]:
    """Return the titles of the items, or the names of the projects, of a slide."""
    return [unescape(one).strip() for one in re.findall(r'<(?:p|h3) class="slide-title[^>]*>\s*([^<]*)<', slide.body)]
