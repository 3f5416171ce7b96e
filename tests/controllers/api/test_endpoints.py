"""The API over the whole program: what it answers to whom, and that it says no more than the pages."""

import json
import re
from collections.abc import Generator
from typing import Any

import pytest

from shareable_backlog.controllers.api.operation import Operation
from shareable_backlog.routes import ROUTES
from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import csrf, let_in

ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'SEC', 'Security', true, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at) VALUES
  ('s1', 't1', 'Doing', 'started', now(), now());
INSERT INTO project_statuses (id, name, type, position, created_at, updated_at) VALUES
  ('ps1', 'Planned', 'planned', 1, now(), now());
INSERT INTO projects (id, name, status_id, target_date, created_at, updated_at) VALUES
  ('p1', 'Roof', 'ps1', '2026-03-01', now(), now()), ('p2', 'Secret', NULL, NULL, now(), now()),
  ('p3', 'Empty', NULL, NULL, now(), now()), ('p4', 'Wall', NULL, NULL, now(), now());
INSERT INTO labels (id, name, color, created_at, updated_at) VALUES
  ('l1', 'bug', '#ff0000', now(), now()), ('l2', 'secret', NULL, now(), now()), ('l3', 'unused', NULL, now(), now());
UPDATE labels SET is_offered = true;
INSERT INTO people (id, name, created_at, updated_at) VALUES ('u1', 'Dana', now(), now());
INSERT INTO backlog_items
  (id, identifier, number, title, description, team_id, state_id, project_id, label_ids, parent_id, assignee_id,
   previous_identifiers, due_date, created_at, updated_at)
VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 'It *leaks*.', 't1', 's1', 'p1', '{l1}', NULL, 'u1', '{OLD-7}', '2026-02-28',
   '2026-02-06T12:00Z', '2026-02-06T12:01Z'),
  ('i2', 'ENG-2', 2, 'Buy tiles', NULL, 't1', 's1', 'p4', '{}', 'i1', NULL, '{}', NULL,
   '2026-02-06T12:00Z', '2026-02-06T12:02Z'),
  ('i3', 'SEC-3', 3, 'Locks', NULL, 't2', NULL, 'p2', '{l2}', 'i1', NULL, '{}', NULL,
   '2026-02-06T12:00Z', '2026-02-06T12:03Z'),
  ('i4', 'ENG-4', 4, 'Keys', NULL, 't1', NULL, NULL, '{}', 'i3', NULL, '{}', NULL,
   '2026-02-06T12:00Z', '2026-02-06T12:04Z');
INSERT INTO release_pipelines (id, name, created_at, updated_at) VALUES ('rp', 'Site', now(), now());
INSERT INTO releases (id, pipeline_id, name, version, trashed, created_at, updated_at) VALUES
  ('r1', 'rp', 'Spring', '4.21', false, now(), now()), ('r2', 'rp', 'Gone', '4.22', true, now(), now());
INSERT INTO item_releases (id, issue_id, release_id, created_at, updated_at) VALUES
  ('ir1', 'i1', 'r1', now(), now()), ('ir2', 'i1', 'r2', now(), now());
INSERT INTO comments (id, issue_id, parent_id, user_id, body, hide_in_linear, created_at, updated_at) VALUES
  ('c1', 'i1', NULL, 'u1', 'Since Monday.', false, '2026-02-06T13:00Z', now()),
  ('c2', 'i1', NULL, 'u1', 'Tiles are here.', false, '2026-02-06T14:00Z', now()),
  ('c3', 'i1', 'c1', NULL, 'Noted.', false, '2026-02-06T15:00Z', now());
"""


@pytest.fixture(scope="module")
def shared(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "carol", "erin")
        site.query(ROWS)
        yield site


@pytest.fixture
def site(shared: Site) -> Site:
    """Return the program over the rows above as if no test had asked it before."""
    for table in ("api_tokens", "rate_limits", "user_preferences", "viewer_group_rules"):
        shared.query(f"DELETE FROM {table}")
    shared.query("UPDATE users SET sees_everything = true WHERE email = 'bob@example.com'")
    shared.query(
        "UPDATE sharing_settings SET shows_descriptions = true, shows_comments = true, shows_assignees = true"
    )
    return shared


def made(site: Site, *rights: str, persona: str = "bob") -> dict[str, Any]:
    """Create token as people do, and return the header that carries it."""
    page = site.post("/account/tokens", persona, name="Report", right=rights).text
    [token] = re.findall(r"<code>(slb_[^<]+)</code>", page)
    return {"authorization": f"Bearer {token}"}


def data(site: Site, path: str, persona: str | None = "bob", **headers: str) -> Any:
    answer = site.get(f"/api/v1{path}", persona, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def refused(site: Site, path: str, persona: str | None = "bob", **headers: str) -> tuple[int, str, str]:
    answer = site.get(f"/api/v1{path}", persona, **headers)
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def test_an_item_has_its_surroundings_by_identifier_and_nothing_hidden(site: Site) -> None:
    assert data(site, "/items/ENG-1") == {
        "rank": 3,
        "identifier": "ENG-1",
        "title": "Fix the roof",
        "description": "It *leaks*.",
        "url": None,
        "team": {"key": "ENG", "name": "Engineering"},
        "state": {"name": "Doing", "type": "started"},
        "priority": 0,
        "estimate": None,
        "size": None,
        "assignee": "Dana",
        "creator": None,
        "project": "Roof",
        "milestone": None,
        "cycle": None,
        "releases": [{"name": "Spring", "version": "4.21"}],
        "labels": ["bug"],
        "due_date": "2026-02-28",
        "parent": None,
        "sub_items": ["ENG-2"],
        "comments": [
            comment("c1", "Since Monday.", 13),
            comment("c3", "Noted.", 15, "c1"),
            comment("c2", "Tiles are here.", 14),
        ],
        "created_at": "2026-02-06T12:00:00Z",
        "updated_at": "2026-02-06T12:01:00Z",
        "completed_at": None,
        "canceled_at": None,
        "archived_at": None,
    }
    assert data(site, "/items/ENG-2")["parent"] == "ENG-1"
    assert data(site, "/items/ENG-4")["parent"] is None


def comment(id_: str, body: str, hour: int, parent_id: str | None = None) -> dict[str, Any]:
    plain = {"quoted_text": None, "edited_at": None, "resolved_at": None}
    author = None if parent_id else "Dana"
    at = f"2026-02-06T{hour}:00:00Z"
    return {"id": id_, "parent_id": parent_id, "author": author, "body": body, "created_at": at, **plain}


def test_the_list_is_paged_newest_update_first(site: Site) -> None:
    first = site.get("/api/v1/items?limit=2", "bob").json()
    assert [one["identifier"] for one in first["data"]] == ["ENG-4", "ENG-2"]
    last = site.get(f"/api/v1/items?limit=2&after={first['next']}", "bob").json()
    assert ([one["identifier"] for one in last["data"]], last["next"]) == (["ENG-1"], None)
    assert last["data"][0] == {
        "rank": 3,
        "identifier": "ENG-1",
        "title": "Fix the roof",
        "state": {"name": "Doing", "type": "started"},
        "priority": 0,
        "assignee": "Dana",
        "project": "Roof",
        "labels": ["bug"],
        "due_date": "2026-02-28",
        "updated_at": "2026-02-06T12:01:00Z",
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [("team=eng", 3), ("team=SEC", 0), ("type=started", 2), ("type=triage", 0), ("q=eng-1", 1), ("q=%00", 3)],
)
def test_the_list_is_narrowed_like_the_page(site: Site, query: str, found: int) -> None:
    assert len(data(site, f"/items?{query}")) == found


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/items?limit=0", "“limit”"),
        ("/items?limit=101", "“limit”"),
        ("/items?limit=ten", "“limit”"),
        ("/items?limit=1&limit=2", "“limit”"),
        ("/items?type=open", "“type”"),
        ("/items?page=2", "“page”"),
        ("/items?q=" + "a" * 201, "“q”"),
        ("/items?after=rubbish", "address isn't valid"),
        ("/items/ENG-1?limit=1", "“limit”"),
        ("/teams?after=x", "“after”"),
        ("/openapi.json?x=1", "“x”"),
    ],
)
def test_a_wrong_parameter_is_named(site: Site, path: str, named: str) -> None:
    status, code, message = refused(site, path)
    assert (status, code) == (400, "INVALID_INPUT")
    assert named in message


def test_projects_and_labels_are_those_of_shown_items(site: Site) -> None:
    assert data(site, "/teams") == [{"key": "ENG", "name": "Engineering"}]
    roof = {
        "id": "p1",
        "name": "Roof",
        "status": "Planned",
        "start_date": None,
        "start_date_resolution": None,
        "target_date": "2026-03-01",
        "target_date_resolution": None,
    }
    assert data(site, "/projects")[0] == roof
    first = site.get("/api/v1/projects?limit=1", "bob").json()
    last = site.get(f"/api/v1/projects?after={first['next']}", "bob").json()
    assert ([one["name"] for one in last["data"]], last["next"]) == (["Wall"], None)
    assert data(site, "/labels") == [{"id": "l1", "name": "bug", "color": "#ff0000"}]


def test_somebody_in_a_group_gets_what_the_group_sees(site: Site) -> None:
    for path in ("/items", "/teams", "/projects", "/labels"):
        assert data(site, path, "erin") == []
        assert data(site, path, None, **made(site, "items", persona="erin")) == []
    assert refused(site, "/items/ENG-1", "erin")[0] == 404
    site.query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id)"
        " SELECT id, 'label', 'l1' FROM viewer_groups"
    )
    assert [one["identifier"] for one in data(site, "/items", "erin")] == ["ENG-1"]
    assert data(site, "/items/ENG-1", "erin")["sub_items"] == []
    assert [one["name"] for one in data(site, "/projects", "erin")] == ["Roof"]


def test_a_hidden_item_answers_like_one_that_does_not_exist(site: Site) -> None:
    assert refused(site, "/items/SEC-3") == refused(site, "/items/NONE-1")
    assert refused(site, "/items/SEC-3")[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize("asked", ["eng-1", "ENG1", "OLD-7", "ENG-1%00"])
def test_other_spellings_and_earlier_identifiers_give_the_item(site: Site, asked: str) -> None:
    assert data(site, f"/items/{asked}")["identifier"] == "ENG-1"


def test_what_is_not_shown_of_items_is_null(site: Site) -> None:
    site.query(
        "UPDATE sharing_settings SET shows_descriptions = false, shows_comments = false, shows_assignees = false"
    )
    found = data(site, "/items/ENG-1")
    assert (found["description"], found["comments"], found["assignee"]) == (None, [], None)


def test_reading_an_item_by_a_token_is_recorded(site: Site) -> None:
    assert data(site, "/items/ENG-1", None, **made(site, "items"))["identifier"] == "ENG-1"
    assert site.query(
        "SELECT actor_email, resource, resource_id, details, ip_address FROM audit_logs"
        " WHERE action = 'item.viewed' ORDER BY id DESC LIMIT 1"
    ) == [("bob@example.com", "backlog_item", "ENG-1", {"via": "api"}, "127.0.0.1")]


def test_a_token_reads_only_what_it_was_made_for(site: Site) -> None:
    of_items, of_me = made(site, "items"), made(site, "me")
    assert refused(site, "/me", None, **of_items)[:2] == (403, "NOT_ALLOWED")
    assert refused(site, "/views", None, **of_items)[0] == 403
    assert refused(site, "/items", None, **of_me)[0] == 403
    assert data(site, "/me", None, **of_me) == {
        "email": "bob@example.com",
        "display_name": None,
        "is_admin": False,
        "is_team_member": False,
        "sees": "everything",
        "rights": ["me"],
    }
    site.query("UPDATE users SET sees_everything = false WHERE email = 'bob@example.com'")
    assert data(site, "/me", None, **of_me)["sees"] == "nothing"
    assert data(site, "/me")["rights"] is None


def test_a_wrong_token_counts_for_nothing_even_beside_a_session(site: Site) -> None:
    answer = site.get("/api/v1/items", "bob", authorization="Bearer slb_wrong")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert refused(site, "/items", None)[:2] == (401, "NOT_SIGNED_IN")
    assert refused(site, "/items", "carol")[:2] == (403, "NOT_ALLOWED")


def test_a_token_opens_no_page(site: Site) -> None:
    token = made(site, "items", "me")
    for path in ("/", "/account", "/items/ENG-1", "/api/v1"):
        assert site.get(path, None, **token).status_code in (303, 404)
    assert site.ask("POST", "/account/tokens", None, data={"csrf": csrf("bob")}, **token).status_code in (401, 403)


def test_who_asks_too_often_is_told_when_to_go_on(site: Site) -> None:
    token = made(site, "items")
    data(site, "/teams", None, **token)
    # Of this minute and the next, as one may end between the two statements.
    site.query(
        "INSERT INTO rate_limits (key, window_starts_at, count)"
        " SELECT key, window_starts_at + interval '1 minute', 0 FROM rate_limits"
    )
    site.query("UPDATE rate_limits SET count = 600")
    answer = site.get("/api/v1/teams", None, **token)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert answer.json()["error"]["code"] == "TOO_MANY"


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ('{"views": [{"name": "Mine", "query": "team=ENG"}]}', [{"name": "Mine", "query": "team=ENG"}]),
        ('{"views": [{"name": 1}, 2, null, {"name": "B", "query": "", "x": 1}]}', [{"name": "B", "query": ""}]),
        ('{"views": {"name": "Mine"}}', []),
        ('{"theme": "dark"}', []),
        ("[]", []),
        (None, []),
    ],
)
def test_saved_views_are_ones_own_as_far_as_they_can_be_read(
    site: Site, stored: str | None, given: list[Any]
) -> None:
    if stored:
        site.query(
            "INSERT INTO user_preferences (user_id, preferences)"
            " SELECT id, %s FROM users WHERE email = 'bob@example.com'",
            stored,
        )
    assert data(site, "/views") == [one | {"layout": "list", "is_published": False} for one in given]
    assert data(site, "/views", "alice") == []


def test_it_answers_head_and_refuses_to_change_anything(site: Site) -> None:
    token = made(site, "items")
    assert site.ask("HEAD", "/api/v1/items", None, **token).status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = site.ask(method, "/api/v1/items", None, **token)
        assert (answer.status_code, sorted(answer.headers["allow"].split(", "))) == (405, ["GET", "HEAD"])


def test_answers_are_json_that_nobody_stores(site: Site) -> None:
    answer = site.get("/api/v1/items", "bob")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_the_document_and_the_table_of_routes_name_the_same_addresses(site: Site) -> None:
    document = site.get("/api/v1/openapi.json").json()
    of_api = [route for route in ROUTES if route.path.startswith("/api/v1")]
    assert [(route.method, route.path) for route in of_api] == [("GET", path) for path in document["paths"]]
    assert all(isinstance(route.handler, Operation) for route in of_api)
    for route in of_api:
        assert bool(document["paths"][route.path]["get"]["security"]) == (route.who == "viewer"), route.path
    assert "ENG" not in json.dumps(document)
