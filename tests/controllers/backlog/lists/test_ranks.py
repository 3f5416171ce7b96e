"""The numbers as people read them: on lines, cards and item pages, in exports, feeds and the API."""

import re
from collections.abc import Generator

import pytest

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'OPS', 'Operations', false, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at) VALUES
  ('s1', 't1', 'Doing', 'started', now(), now()), ('s2', 't1', 'Done', 'completed', now(), now());
INSERT INTO backlog_items
  (id, identifier, number, title, team_id, state_id, priority, priority_sort_order, completed_at, created_at,
   updated_at)
VALUES
  ('i1', 'ENG-1', 1, 'Roof', 't1', 's1', 3, 1, NULL, '2026-02-01', '2026-02-06'),
  ('i2', 'OPS-2', 2, 'Door', 't2', NULL, 1, 1, NULL, '2026-02-01', '2026-02-05'),
  ('i3', 'ENG-3', 3, 'Wall', 't1', 's1', 3, 0, NULL, '2026-02-01', '2026-02-04'),
  ('i4', 'ENG-4', 4, 'Sink', 't1', 's2', 1, 0, '2026-02-03', '2026-02-01', '2026-02-03');
INSERT INTO viewer_groups (name) VALUES ('Engineers');
INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) SELECT id, 'team', 't1' FROM viewer_groups;
"""


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "bob")
        site.query(ROWS)
        yield site


def read_numbers(html: str, kind: str = "item") -> list[tuple[str, str]]:
    """Return the numbers of lines or cards with their identifiers, "" for one without."""
    lines = re.findall(rf'<li class="{kind}">(.*?)</li>', html, re.DOTALL)
    texts = [" ".join(re.sub(r"<[^>]*>", " ", line).split()) for line in lines]
    found = [re.search(r"^(?:Rank (\d+) )?.*?([A-Z]+-\d)", text) for text in texts]
    return [(one[1] or "", one[2]) for one in found if one]


def test_the_list_is_in_the_order_of_its_numbers_and_what_is_done_has_none(site: Site) -> None:
    assert read_numbers(site.get("/", "bob").text) == [
        ("1", "OPS-2"), ("2", "ENG-3"), ("3", "ENG-1"), ("", "ENG-4"),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/?team=ENG", "/?team=ENG&order=updated", "/?team=ENG&group=state"])
def test_a_number_stays_whatever_the_list_is_narrowed_to_and_however_it_is_laid_out(site: Site, path: str) -> None:
    assert sorted(read_numbers(site.get(path, "bob").text)) == [("", "ENG-4"), ("2", "ENG-3"), ("3", "ENG-1")]


def test_cards_of_the_board_have_their_numbers(site: Site) -> None:
    found = read_numbers(site.get("/board", "bob").text, "card")
    assert sorted(found) == [("", "ENG-4"), ("1", "OPS-2"), ("2", "ENG-3"), ("3", "ENG-1")]


def test_an_item_says_its_number_if_it_is_open(site: Site) -> None:
    assert "Rank 3" in site.get("/items/ENG-1", "bob").text
    assert "Rank" not in site.get("/items/ENG-4", "bob").text


def read_rank_words(site: Site, identifier: str) -> str:
    [words, *_] = re.findall(r"<dt>Rank</dt><dd>(.*?)</dd>", site.get(f"/items/{identifier}", "bob").text, re.DOTALL)
    return " ".join(words.split())


def test_an_item_says_its_number_at_the_last_meetings(site: Site) -> None:
    site.query("UPDATE settings SET meeting_weekday = NULL, last_meeting_day = now()::date - 3")
    site.query("UPDATE backlog_items SET priority = 1, priority_sort_order = 0, updated_at = now() WHERE id = 'i1'")
    day = r"\d{1,2} \w{3}(?: \d{4})?"
    assert re.fullmatch(rf"1 of all open items, up from 3 on {day}", read_rank_words(site, "ENG-1"))
    assert re.fullmatch(rf"2 of all open items, down from 1 on {day}", read_rank_words(site, "OPS-2"))
    assert re.fullmatch(rf"3 of all open items, down from 2 on {day}", read_rank_words(site, "ENG-3"))
    assert "Rank" not in site.get("/items/ENG-4", "bob").text


def test_the_meetings_before_the_last_are_told_too(site: Site) -> None:
    site.query("UPDATE settings SET meeting_weekday = extract(ISODOW FROM now() - INTERVAL '3 days')")
    words = read_rank_words(site, "ENG-3")
    assert re.fullmatch(r"2 of all open items, as on \d{1,2} \w{3}(?: \d{4})?; 2 on \d{1,2} \w{3}(?: \d{4})?", words)


def test_of_before_the_mirror_was_filled_no_number_is_told(site: Site) -> None:
    site.query("UPDATE settings SET last_meeting_day = now()::date - 3")
    site.query(
        "INSERT INTO sync_history (status, trigger_type, started_at, completed_at)"
        " VALUES ('succeeded', 'manual', now() - INTERVAL '1 day', now() - INTERVAL '1 day')"
    )
    assert read_rank_words(site, "ENG-3") == "2 of all open items"


def test_what_one_may_not_see_moves_no_number_of_then(site: Site) -> None:
    site.query("UPDATE users SET sees_everything = false")
    site.query(
        "INSERT INTO viewer_group_members (user_id, viewer_group_id) SELECT u.id, g.id FROM users u, viewer_groups g"
    )
    site.query("UPDATE settings SET meeting_weekday = NULL, last_meeting_day = now()::date - 3")
    before = read_rank_words(site, "ENG-1")
    assert re.match("2 of all open items, as on", before)
    site.query("UPDATE backlog_items SET priority = 0, updated_at = now() WHERE id = 'i2'")
    assert read_rank_words(site, "ENG-1") == before


def test_a_person_reads_the_places_among_what_they_see(site: Site) -> None:
    site.query("UPDATE users SET sees_everything = false")
    site.query(
        "INSERT INTO viewer_group_members (user_id, viewer_group_id) SELECT u.id, g.id FROM users u, viewer_groups g"
    )
    assert read_numbers(site.get("/", "bob").text) == [("1", "ENG-3"), ("2", "ENG-1"), ("", "ENG-4")]
    assert "Rank 2" in site.get("/items/ENG-1", "bob").text


def test_a_change_of_priority_or_of_what_ranks_is_read_at_once(site: Site) -> None:
    assert read_numbers(site.get("/", "bob").text)[0] == ("1", "OPS-2")
    site.query(
        "UPDATE backlog_items SET priority = 0 WHERE id = 'i2'; UPDATE backlog_items SET sort_order = 5 - number"
    )
    assert read_numbers(site.get("/", "bob").text)[0] == ("1", "ENG-3")
    site.query("UPDATE settings SET rank_order = 'manual'")
    assert [place for _, place in read_numbers(site.get("/", "bob").text)] == ["ENG-3", "OPS-2", "ENG-1", "ENG-4"]


def test_the_default_order_needs_no_word_in_the_address_and_others_stay(site: Site) -> None:
    assert 'value="rank" selected' in site.get("/", "bob").text
    assert 'value="updated" selected' in site.get("/?order=updated", "bob").text


def test_exports_and_the_api_have_the_numbers(site: Site) -> None:
    lines = site.get("/export.csv", "bob").text.splitlines()
    assert [line.split(",")[:2] for line in lines[:3]] == [["rank", "identifier"], ["1", "OPS-2"], ["2", "ENG-3"]]
    found = site.get("/export.json", "bob").json()["data"]
    assert [(one["rank"], one["identifier"]) for one in found][-2:] == [(3, "ENG-1"), (None, "ENG-4")]
