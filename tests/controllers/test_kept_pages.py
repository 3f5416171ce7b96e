"""Pages that are kept as they are sent: shared by all to whom they are the same, and never anybody else's."""

import contextlib
import re
import time
from collections.abc import Callable, Generator, Hashable, Sequence
from random import Random
from typing import Any, TypeAlias

import psycopg
import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shareable_backlog import routes, tracing
from shareable_backlog.controllers import kept_pages
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.process_state import reset_process_state
from shareable_backlog.services.access.page_users import PageUser
from shareable_backlog.services.account.preferences import Preferences
from shareable_backlog.web.pages import rendering
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import csrf, let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'OPS', 'Operations', false, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at) VALUES
  ('s1', 't1', 'Doing', 'started', now(), now()), ('s2', 't1', 'Shipped', 'completed', now(), now());
INSERT INTO people (id, name, display_name, created_at, updated_at) VALUES ('p1', 'Ada Ash', 'ada', now(), now());
INSERT INTO labels (id, name, is_offered, created_at, updated_at) VALUES ('l1', 'Roof', true, now(), now());
INSERT INTO projects (id, name, created_at, updated_at) VALUES ('r1', 'Tiling', now(), now());
INSERT INTO initiatives (id, name, created_at, updated_at) VALUES ('n1', 'Dry rooms', now(), now());
INSERT INTO initiative_projects (id, initiative_id, project_id, created_at, updated_at)
  VALUES ('x1', 'n1', 'r1', now(), now());
INSERT INTO cycles (id, number, team_id, starts_at, ends_at, created_at, updated_at)
  VALUES ('c1', 7, 't1', now() - interval '3 days', now() + interval '4 days', now(), now());
INSERT INTO backlog_items
  (id, identifier, number, title, team_id, state_id, assignee_id, project_id, cycle_id, label_ids, created_at,
   updated_at)
VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 't1', 's1', 'p1', 'r1', 'c1', '{l1}', '2026-02-06T12:00Z', '2026-02-06T12:01Z'),
  ('i2', 'ENG-2', 2, 'Buy tiles', 't1', 's2', NULL, NULL, NULL, '{}', '2026-02-06T12:00Z', '2026-02-06T12:02Z'),
  ('i3', 'OPS-3', 3, 'Call the tiler', 't2', NULL, NULL, NULL, NULL, '{}', '2026-02-06T12:00Z', '2026-02-06T12:03Z');
INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'manual', now());
"""
PATHS = {
    "/": ("/", "/?team=ENG", "/?q=ENG-1", "/?group=label", "/?since=2026-02-05", "/?new=unseen"),
    "/board": ("/board",),
    "/items/{identifier}": ("/items/ENG-1", "/items/ENG-1?in=%2F%3Fteam%3DENG"),
    "/roadmap": ("/roadmap",),
    "/updates": ("/updates",),
    "/projects/{name:path}": ("/projects/Tiling",),
    "/initiatives/{name:path}": ("/initiatives/Dry%20rooms",),
    "/teams/{key}": ("/teams/ENG",),
    "/cycles/{name}": ("/cycles/ENG-7",),
    "/labels/{name:path}": ("/labels/Roof",),
    "/people/{name:path}": ("/people/Ada%20Ash",),
    "/done": ("/done",),
    "/meeting": ("/meeting",),
    "/matrix": ("/matrix",),
    "/timeline": ("/timeline",),
    "/trends": ("/trends",),
    "/filters": ("/filters",),
    "/about": ("/about",),
}
ALL_PATHS = [path for paths in PATHS.values() for path in paths]
_SOON_S = 4.0
# What of these a page has of the reader stands in what it is kept under.
OF_THE_READER = {
    "sessions", "users", "user_preferences", "viewer_group_members", "seen_marks", "sync_history", "sync_refusals",
    "adopted_runs",
}  # fmt: skip
# It is written together with the item or project that changes.
OF_WHAT_CHANGES = {"field_changes"}


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "erin")
        site.query(ROWS)
        # Whoever comes first has seen all that is there.
        for persona in ("alice", "bob", "erin"):
            site.get("/", persona)
        wait_out_minute()
        yield site


def wait_out_minute() -> None:
    """Wait for the next minute where this one is about to end, and with it what is kept."""
    left_s = 60 - time.time() % 60
    if left_s < _SOON_S:
        time.sleep(left_s + 0.1)


def test_every_kept_page_of_the_table_is_looked_at_here() -> None:
    assert set(PATHS) == {route.path for route in routes.ROUTES if route.is_kept}


@pytest.mark.parametrize("path", ALL_PATHS)
def test_a_kept_page_is_the_page_made_anew(site: Site, path: str) -> None:
    first = site.get(path, "bob")
    again = site.get(path, "bob")
    reset_process_state()
    anew = site.get(path, "bob")
    assert first.status_code == 200
    assert _leave_out_times(first.text) == _leave_out_times(again.text) == _leave_out_times(anew.text)


def test_readers_with_the_same_rights_share_a_page_but_for_the_token_of_their_forms(site: Site) -> None:
    site.query("UPDATE users SET sees_everything = true WHERE email = 'erin@example.com'")
    bobs = site.get("/", "bob")
    assert csrf("bob") in bobs.text
    with _watch_handlers() as rendered:
        erins = site.get("/", "erin")
    assert rendered == []
    assert erins.text == bobs.text.replace(csrf("bob"), csrf("erin"))
    assert erins.headers["etag"] != bobs.headers["etag"]


def test_a_form_of_a_kept_page_works_for_each_of_its_readers(site: Site) -> None:
    site.query("UPDATE users SET sees_everything = true WHERE email = 'erin@example.com'")
    for persona in ("bob", "erin"):
        token = re.search(r'name="csrf" value="(\w+)"', site.get("/", persona).text)
        assert token is not None
        saved = site.post("/views", persona, csrf=token[1], name="Mine", query="team=ENG", layout="list")
        assert saved.status_code == 303


@pytest.mark.parametrize("path", ALL_PATHS)
def test_nothing_of_who_reads_stands_on_a_kept_page(site: Site, path: str) -> None:
    site.query("UPDATE users SET display_name = 'Bob the Reader' WHERE email = 'bob@example.com'")
    text = site.get(path, "bob").text
    assert "bob@example.com" not in text
    assert "Bob the Reader" not in text


@pytest.mark.parametrize("path", ALL_PATHS)
def test_all_that_a_kept_page_is_read_from_changes_the_version_or_is_the_readers(site: Site, path: str) -> None:
    assert list_unversioned(site, path) - OF_THE_READER - OF_WHAT_CHANGES == set()


def list_unversioned(site: Site, path: str) -> set[str]:
    """Return the tables that an answer is read from whose changes are no other version of the mirror."""
    reset_process_state()
    with tracing.trace_statements() as trace:
        answer = site.get(path, "bob")
    assert answer.status_code == 200
    tables = {name for one in trace.statements for name in _find_tables(site, one.sql, one.params)}
    tables = {name for name in tables if not name.startswith("pg_")}
    assert "mirror_versions" in tables
    marked = site.query("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'note_change'")
    return tables - {name for (name,) in marked} - {"mirror_versions"}


def test_a_redirect_is_each_readers_own(site: Site) -> None:
    assert site.get("/teams/eng", "bob").status_code == 301
    assert site.get("/teams/eng", "alice").headers["location"] == "/teams/ENG"


def test_what_is_not_there_is_not_kept(site: Site) -> None:
    assert site.get("/teams/NEW", "bob").status_code == 404
    site.query("UPDATE teams SET key = 'NEW' WHERE id = 't1'")
    assert site.get("/teams/NEW", "bob").status_code == 200


def test_a_search_in_vain_is_recorded_for_each_who_searches(site: Site) -> None:
    site.query("UPDATE users SET sees_everything = true WHERE email = 'erin@example.com'")
    for persona in ("bob", "erin"):
        site.get("/?q=zyzzyva", persona)
    found = site.query(
        "SELECT u.email FROM audit_logs a JOIN users u ON u.id = a.user_id WHERE a.action = 'search.in_vain'"
        " ORDER BY a.id"
    )
    assert found == [("bob@example.com",), ("erin@example.com",)]


def test_each_who_looks_at_an_item_is_recorded_also_whose_browser_has_the_page(site: Site) -> None:
    site.query("UPDATE users SET sees_everything = true WHERE email = 'erin@example.com'")
    first = site.get("/items/ENG-1", "bob")
    site.get("/items/ENG-1", "erin")
    again = site.get("/items/ENG-1", "bob", **{"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 or again.headers["etag"] != first.headers["etag"]  # a minute has begun
    found = site.query(
        "SELECT u.email, a.resource_id FROM audit_logs a JOIN users u ON u.id = a.user_id"
        " WHERE a.action = 'item.viewed' ORDER BY a.id"
    )
    assert found == [(f"{name}@example.com", "ENG-1") for name in ("bob", "erin", "bob")]


def test_an_item_that_can_not_be_recorded_is_not_shown_though_its_page_is_kept(site: Site) -> None:
    assert site.get("/items/ENG-1", "bob").status_code == 200
    site.query("ALTER TABLE audit_logs ADD CONSTRAINT refused CHECK (action <> 'item.viewed') NOT VALID")
    refused = site.get("/items/ENG-1", "bob")
    assert refused.status_code == 500
    assert "Fix the roof" not in refused.text


def test_what_one_reader_has_seen_stays_new_to_others_who_then_get_the_same_page(site: Site) -> None:
    site.query("UPDATE users SET sees_everything = true WHERE email = 'erin@example.com'")
    site.query("UPDATE backlog_items SET created_at = now() WHERE id IN ('i1', 'i2')")
    site.query("UPDATE seen_marks SET seen_until = now() - interval '1 day', item_ids = '{}'")
    bobs = site.get("/items/ENG-1", "bob")
    assert _count_unseen(site, "bob") == "1"
    assert _count_unseen(site, "erin") == "2"
    with _watch_handlers() as rendered:
        erins = site.get("/items/ENG-1", "erin")
    assert rendered == []
    assert erins.text == bobs.text.replace(csrf("bob"), csrf("erin"))
    assert _count_unseen(site, "erin") == "1"


def _count_unseen(site: Site, persona: str) -> str | None:
    found = re.search(r'id="unseen"[^>]*>New <span class="badge">([^<]+)<', site.get("/about", persona).text)
    return found and found[1]


def test_who_takes_no_compression_gets_the_same_page(site: Site) -> None:
    packed = site.get("/", "bob", **{"accept-encoding": "gzip"})
    plain = site.get("/", "bob", **{"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text


_SCAN = re.compile(r"(?:Seq Scan|Heap Scan|Index (?:Only )?Scan(?: Backward)? using \S+) on (\w+)")

Change: TypeAlias = Callable[[Random], str]
OF_THE_MIRROR: tuple[Change, ...] = (
    lambda random: f"UPDATE backlog_items SET title = 'Title {random.random()}' WHERE id = 'i{random.randint(1, 3)}'",
    lambda random: f"UPDATE projects SET name = 'Tiling' , description = '{random.random()}'",
    lambda _: "DELETE FROM sharing_rules",
    lambda random: (
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES"
        f" ('team', 't{random.randint(1, 2)}', {random.choice(('true', 'false'))}) ON CONFLICT DO NOTHING"
    ),
    lambda random: f"UPDATE sharing_settings SET shows_assignees = {random.choice(('true', 'false'))}",
    lambda random: f"UPDATE labels SET is_offered = {random.choice(('true', 'false'))}",
)
OF_SCOPES: tuple[Change, ...] = (
    lambda random: (
        f"UPDATE users SET sees_everything = {random.choice(('true', 'false'))} WHERE email = 'erin@example.com'"
    ),
)
OF_RIGHTS: tuple[Change, ...] = (
    lambda random: (
        f"UPDATE users SET is_team_member = {random.choice(('true', 'false'))} WHERE email = 'bob@example.com'"
    ),
    lambda random: (
        "UPDATE users SET pages_off = '" + random.choice(("{}", "{board}", "{roadmap}")) + "'"
        " WHERE email = 'bob@example.com'"
    ),
)
OF_PREFERENCES: tuple[Change, ...] = (
    lambda random: (
        "INSERT INTO user_preferences (user_id, preferences) SELECT id, '"
        + random.choice(('{"theme": "dark"}', '{"density": "compact"}', '{"time_zone": "Asia/Tokyo"}'))
        + f"' FROM users WHERE email = '{random.choice(('alice', 'bob', 'erin'))}@example.com'"
        " ON CONFLICT (user_id) DO UPDATE SET preferences = excluded.preferences"
    ),
)


WITHOUT: dict[str, tuple[Sequence[Change], Callable[[PageUser], PageUser]]] = {
    "the version": (OF_THE_MIRROR, lambda reader: replace(reader, version="")),
    "the scope": (OF_SCOPES, lambda reader: replace(reader, user=replace(reader.user, scope=EVERYTHING))),
    "the rights": (
        OF_RIGHTS,
        lambda reader: replace(reader, user=replace(reader.user, is_team_member=False, pages_off=frozenset())),
    ),
    "the preferences": (OF_PREFERENCES, lambda reader: replace(reader, preferences=Preferences())),
}


def test_random_readers_rules_and_syncs_never_get_a_page_that_is_not_theirs_or_not_of_now(site: Site) -> None:
    assert _find_difference(site, [*OF_THE_MIRROR, *OF_SCOPES, *OF_RIGHTS, *OF_PREFERENCES], 150) is None


@pytest.mark.parametrize("part", WITHOUT)
def test_it_would_be_noticed_if_a_page_were_kept_without(
    site: Site, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_all, (changes, leave_out) = kept_pages.list_what_it_is_made_of, WITHOUT[part]

    def list_less(request: Request, reader: PageUser) -> Hashable:
        return list_all(request, leave_out(reader))

    monkeypatch.setattr(kept_pages, "list_what_it_is_made_of", list_less)
    assert _find_difference(site, changes, 200) is not None


def _find_difference(site: Site, changes: Sequence[Change], rounds: int) -> str | None:
    """Return the page that a reader got as it was kept and gets otherwise when it is made anew, if there is one."""
    random, paths = Random(20261129), ALL_PATHS  # noqa: S311 (a seed)
    for number in range(rounds):
        if number % 25 == 0:  # few, so that more than one reader asks for one
            paths = random.sample(ALL_PATHS, 2)
        if random.random() < 0.2:
            site.query(random.choice(changes)(random))
        path, persona = random.choice(paths), random.choice(("alice", "bob", "erin"))
        kept = site.get(path, persona)
        # Under an address that nobody has asked for it is made anew.
        anew = site.get(f"{path}{'&' if '?' in path else '?'}made={number}", persona)
        if (kept.status_code, _leave_out_times(kept.text)) != (anew.status_code, _leave_out_times(anew.text)):
            return f"{path} for {persona}"
    return None


def _leave_out_times(html: str) -> str:
    """Return a page without what passes with the seconds, which may be those of the next minute.

    A page of an error has the number of its request.
    """
    return re.sub(r"<time.*?</time>|<code>.*?</code>", "", html, flags=re.DOTALL)


@contextlib.contextmanager
def _watch_handlers() -> Generator[list[str]]:
    """Yield what fills with the templates that are rendered inside."""
    rendered: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        render = rendering.render_page

        def note(template: str, *contexts: Any, **options: Any) -> HTMLResponse:
            rendered.append(template)
            return render(template, *contexts, **options)

        patch.setattr(rendering, "render_page", note)
        yield rendered


def _find_tables(site: Site, sql: str, params: object) -> set[str]:
    """Return the tables that a statement reads, by its plan."""
    with psycopg.connect(site.conninfo) as connection:
        lines = connection.execute(f"EXPLAIN {sql}".encode(), params).fetchall()  # pyright: ignore[reportArgumentType]
    return {found[1] for (line,) in lines if (found := _SCAN.search(line))}
