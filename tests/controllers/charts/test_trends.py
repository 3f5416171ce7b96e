"""The trends over HTTP: pictures with words and numbers, whose counts lead to lists of just as many."""

import gzip
import re
from collections.abc import Generator
from html import unescape

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'OPS', 'Operations', false, now(), now()),
  ('t3', 'SEC', 'Secret', true, now(), now());
INSERT INTO workflow_states (id, name, type, position, team_id, created_at, updated_at)
SELECT key || '-' || type, type, type, 0, t.id, now(), now()
FROM teams t, unnest(ARRAY['triage', 'backlog', 'unstarted', 'started', 'completed', 'canceled']) type;
INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, created_at, updated_at, started_at,
  completed_at, archived_at)
SELECT 'i' || n, t.key || '-' || n, n, 'Item ' || n, t.id,
       t.key || '-' || (ARRAY['triage', 'backlog', 'unstarted', 'started', 'completed'])[n % 5 + 1],
       now() - (n + n % 5 * 9) * INTERVAL '1 day', now(),
       CASE WHEN n % 5 > 2 THEN now() - (n + 5) * INTERVAL '1 day' END,
       CASE WHEN n % 5 = 4 THEN now() - n * INTERVAL '1 day' END,
       CASE WHEN n % 10 = 4 THEN now() END
FROM generate_series(1, 300) n JOIN teams t ON t.id = 't' || n % 3 + 1;
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""
PICTURES = re.compile(r'<svg class="plot".*?</svg>\s*(?=<p|</figure)', re.DOTALL)
HEADINGS = [
    "Come in and done, by week",
    "Age of what is open",
    "Days from start to done",
    "Cumulative flow",
    "Done this year and last",
]


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "erin")
        site.query(ROWS)
        yield site


def read_counts(page: str) -> list[tuple[str, str]]:
    figures = page[page.index('<div class="charts">') :]
    found = re.findall(r'<td><a href="(/[^"]+)">([\d,]+)</a>', figures)
    return [(unescape(address), number.replace(",", "")) for address, number in found]


def count_listed(site: Site, address: str) -> int:
    return int(re.findall(r'<a class="count" href="[^"]+">([\d,]+)<span> item', site.get(address, "bob").text)[0])


def test_there_are_five_pictures_each_with_its_words_and_numbers(site: Site) -> None:
    page = site.get("/trends", "bob").text
    assert re.findall(r"<h2>(.*?)</h2>", page) == HEADINGS
    pictures = PICTURES.findall(page)
    assert len(pictures) == 4
    for one in pictures:
        assert re.search(r'role="img"><title>[^<]+</title><desc>[^<]+\.\s*</desc>', one)
    assert page.count('<details class="numbers">') == 4
    assert "started and done" in page, "since when the mirror saw states change"


@pytest.mark.parametrize(
    "query", ["", "?team=ENG", "?team=ENG&weeks=13", "?weeks=52", "?archived=shown&type=started"]
)
def test_each_number_of_items_leads_to_a_list_of_just_as_many(site: Site, query: str) -> None:
    counts = read_counts(site.get(f"/trends{query}", "bob").text)
    assert len(counts) > 5
    for address, number in counts[:: max(len(counts) // 25, 1)]:
        assert count_listed(site, address) == int(number), address


def test_a_month_that_is_not_over_is_compared_with_none_of_last_year(site: Site) -> None:
    figure = site.get("/trends", "bob").text.partition(f"<h2>{HEADINGS[-1]}")[2]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>\s*<td>(.*?)</td><td>(.*?)</td></tr>', figure)
    months = [re.sub(r"<[^>]+>", "", name) for name, *_ in rows]
    [at] = [number for number, name in enumerate(months) if name.endswith(" (so far)")]
    last_year, this_year = ([int(re.sub(r"<[^>]+>", "", row[column]) or 0) for row in rows] for column in (1, 2))
    words = " ".join(re.findall(r'<p class="chart-words">(.*?)</p>', figure, re.DOTALL)[0].split())
    assert re.search(rf"In {months[at].split()[0]}.* so far {this_year[at]} were done\.$", words)
    if at:
        assert f" {sum(this_year[:at])} were done; last year in the same months {sum(last_year[:at])}." in words


def test_a_picture_is_small(site: Site) -> None:
    for one in PICTURES.findall(site.get("/trends?weeks=52", "bob").text):
        assert len(gzip.compress(one.encode())) < 12 * 1024 / 4


def test_hidden_items_move_nothing(site: Site) -> None:
    before = site.get("/trends", "bob").text
    counted = sum(int(number) for _, number in read_counts(before))
    site.query("UPDATE backlog_items SET title = title || '!' WHERE team_id = 't3'")
    site.query("DELETE FROM backlog_items WHERE team_id = 't3'")
    assert sum(int(number) for _, number in read_counts(site.get("/trends", "bob").text)) == counted


def test_other_lengths_are_refused(site: Site) -> None:
    answer = site.get("/trends?weeks=14", "bob")
    assert answer.status_code == 400
    assert "Choose one of them" in answer.text


def test_it_is_among_the_layouts_and_can_be_saved_and_switched_off(site: Site) -> None:
    assert 'href="/trends?team=ENG"' in site.get("/?team=ENG", "bob").text
    answer = site.post("/views", "bob", name="How it goes", query="team=ENG&weeks=52", layout="trends")
    assert answer.status_code == 303
    assert 'href="/trends?team=ENG&amp;weeks=52"' in site.get("/views", "bob").text
    assert "How it goes" in site.get("/trends?team=ENG&weeks=52", "bob").text
    site.query("UPDATE users SET pages_off = '{trends}' WHERE email LIKE 'bob%'")
    assert site.get("/trends", "bob").status_code == 403
    assert 'href="/trends' not in site.get("/", "bob").text


def test_they_are_compared_with_no_day_and_their_address_says_so(site: Site) -> None:
    answer = site.get("/trends?team=ENG&since=2026-01-01&moved=new&weeks=52", "alice")
    assert (answer.status_code, answer.headers["location"]) == (303, "/trends?team=ENG&weeks=52")
    page = site.get("/?team=ENG&since=2026-01-01&moved=new", "alice").text
    assert 'href="/trends?team=ENG"' in page


def test_where_nothing_is_shown_or_found_it_says_so_instead(site: Site) -> None:
    assert HEADINGS[0] not in site.get("/trends", "erin").text
    page = site.get("/trends?q=xylophone", "alice").text
    assert "Nothing matches" in page
    assert HEADINGS[0] not in page
