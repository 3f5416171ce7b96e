"""People over HTTP: who waits, what an admin decides, and that it holds at once."""

from collections.abc import Generator

import pytest

from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

PEOPLE = ("alice", "bob", "carol", "dora", "edgar")


@pytest.fixture
def site(database: str) -> Generator[Site]:
    with running_site.run_site(database) as site:
        let_in(database, *PEOPLE)
        yield site


def id_of(site: Site, persona: str) -> int:
    return site.query("SELECT id FROM users WHERE email = %s", f"{persona}@example.com")[0][0]


def decide(site: Site, decision: str, *personas: str, **fields: str) -> str:
    ids = [id_of(site, persona) for persona in personas]
    fields = {"sees": "everything", **fields} if decision == "approve" else fields
    answer = site.post("/admin/people/decide", "alice", decision=decision, user=ids, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_an_approved_person_sees_the_backlog_at_once(site: Site) -> None:
    assert site.get("/", "carol").headers["location"] == "/waiting"
    page = site.get("/admin/people", "alice").text
    assert "1<span" in page, "the navigation counts who waits"
    assert decide(site, "approve", "carol") == "/admin/people?notice=approve&done=1"
    assert site.get("/", "carol").status_code == 200
    assert "1 person approved" in site.get("/admin/people?notice=approve&done=1", "alice").text


def test_a_disabled_person_is_out_at_once_everywhere(site: Site) -> None:
    assert site.get("/", "bob").status_code == 200
    decide(site, "disable", "bob", reason="left", back="person")
    assert site.get("/", "bob").headers["location"] == "/sign-in"
    assert site.get("/api/v1/items", "bob").status_code == 401


def test_an_approval_may_come_with_a_group_and_a_last_day(site: Site) -> None:
    site.query("INSERT INTO viewer_groups (name) VALUES ('Partners')")
    [(group,)] = site.query("SELECT id FROM viewer_groups")
    assert '<span dir="auto">Partners</span>' in site.get("/admin/people", "alice").text
    decide(site, "approve", "carol", sees="groups", group=str(group), last_day="2099-12-31")
    assert site.query(
        "SELECT viewer_group_id, sees_everything, access_until::text"
        " FROM users JOIN viewer_group_members ON user_id = id"
    ) == [(group, False, "2100-01-01 00:00:00+00")]


@pytest.mark.parametrize(
    ("fields", "words"), [({}, "Choose what they see"), ({"sees": "groups"}, "Tick at least one group")]
)
def test_nobody_is_let_in_without_a_choice_of_what_they_see(site: Site, fields: dict[str, str], words: str) -> None:
    for path, who in (
        ("/admin/people/decide", {"decision": "approve", "user": str(id_of(site, "carol"))}),
        ("/admin/people", {"email": "frank@example.com"}),
    ):
        answer = site.post(path, "alice", **who, **fields)
        assert (answer.status_code, words in answer.text, "Nothing was changed" in answer.text) == (400, True, True)
    assert site.get("/", "carol").headers["location"] == "/waiting"
    assert site.query("SELECT 1 FROM users WHERE email = 'frank@example.com'") == []


def test_who_sees_nothing_reads_so_and_whom_to_ask_on_every_page_of_the_backlog(site: Site) -> None:
    told = decide(site, "approve", "carol", sees="nothing")
    assert "1 person approved, and nothing is shown to them until you choose what." in site.get(told, "alice").text
    for path in ("/", "/board", "/changes", "/roadmap", "/about"):
        page = site.get(path, "carol").text
        assert "Nothing has been shared with you yet" in page, path
        assert "alice@example.com" in page, path
    assert site.get("/api/v1/items", "carol").json()["data"] == []


def test_the_list_says_who_sees_what_and_is_narrowed_to_them(site: Site) -> None:
    site.query("INSERT INTO viewer_groups (name) VALUES ('Partners'), ('Roofers')")
    ids = [id_ for (id_,) in site.query("SELECT id FROM viewer_groups ORDER BY id")]
    decide(site, "approve", "carol", sees="nothing")
    site.post(f"/admin/people/{id_of(site, 'bob')}", "alice", sees="groups", group=ids)
    page = site.get("/admin/people", "alice").text
    assert '<td class="wide">Partners, Roofers</td>' in " ".join(page.split())
    for sees, shown in {
        "everything": {"alice", "dora"},
        "nothing": {"carol", "edgar"},
        str(ids[0]): {"bob"},
        str(ids[1]): {"bob"},
    }.items():
        table = site.get(f"/admin/people?sees={sees}", "alice").text.partition('id="everybody"')[2]
        assert {name for name in PEOPLE if f"{name}@example.com" in table} == shown


def test_a_decision_for_who_has_moved_on_says_so(site: Site) -> None:
    assert decide(site, "approve", "carol", "bob") == "/admin/people?notice=approve&done=1&left=1"
    page = site.get("/admin/people?notice=approve&done=1&left=1", "alice").text
    assert "1 person approved. 1 left as they are" in page
    location = decide(site, "approve", "carol", back="person")
    assert "Nothing was changed" in site.get(location, "alice").text


def test_an_admin_who_steps_down_is_back_among_the_viewers(site: Site) -> None:
    decide(site, "promote", "bob")
    assert decide(site, "demote", "alice", back="person") == "/"
    assert site.get("/", "alice").status_code == 200
    assert site.get("/admin/people", "alice").status_code == 403


def test_to_make_somebody_an_admin_asks_first_and_says_what_that_is(site: Site) -> None:
    [bob] = [row[0] for row in site.query("SELECT id FROM users WHERE email = 'bob@example.com'")]
    page = site.get(f"/admin/people/{bob}", "alice").text
    asked = page.partition("<summary>Make admin</summary>")[2].partition("</details>")[0]
    assert "decide who comes in" in asked
    assert page.count('value="promote"') == asked.count('value="promote"') == 1


def test_undo_stands_beside_what_was_done(site: Site) -> None:
    location = decide(site, "disable", "bob", back="person")
    page = site.get(location, "alice").text
    assert "Disabled, and every session ended." in page
    assert ">Undo<" in page
    decide(site, "restore", "bob")
    assert site.query("SELECT is_approved, is_disabled FROM users WHERE email = 'bob@example.com'") == [(True, False)]


def test_the_last_admin_is_told_why_not(site: Site) -> None:
    answer = site.post("/admin/people/decide", "alice", decision="demote", user=id_of(site, "alice"))
    assert (answer.status_code, "last active admin" in answer.text) == (409, True)


@pytest.mark.parametrize("fields", [{}, {"user": "x"}, {"user": "1", "decision": "own"}, {"user": "1" * 30}])
def test_a_form_that_makes_no_sense_changes_nothing(site: Site, fields: dict[str, str]) -> None:
    assert site.post("/admin/people/decide", "alice", **fields).status_code == 400


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", set(PEOPLE)),
        ("?q=bo", {"bob"}),
        ("?state=declined", {"edgar"}),
        ("?q=%25", set[str]()),
        ("?never=1", set(PEOPLE) - {"alice"}),
    ],
)
def test_the_list_is_narrowed(site: Site, query: str, shown: set[str]) -> None:
    site.get("/", "alice")
    table = site.get(f"/admin/people{query}", "alice").text.partition('id="everybody"')[2]
    assert {name for name in PEOPLE if f"{name}@example.com" in table} == shown


def test_the_list_has_pages(site: Site) -> None:
    site.query("INSERT INTO users (email) SELECT 'p' || n || '@example.com' FROM generate_series(1, 70) n")
    found: set[str] = set()
    path = "/admin/people"
    for _ in range(2):
        page = site.get(path, "alice").text.partition('id="everybody"')[2]
        found |= {f"p{n}" for n in range(1, 71) if f">p{n}@example.com<" in page}
        path = page.partition('" rel="next"')[0].rpartition('href="')[2].replace("&amp;", "&")
    assert len(found) == 70


def test_the_list_is_taken_along_as_a_spreadsheet_without_formulas(site: Site) -> None:
    site.query("UPDATE users SET display_name = '=HYPERLINK(1)' WHERE email = 'bob@example.com'")
    answer = site.get("/admin/people.csv?state=active", "alice")
    lines = answer.text.splitlines()
    assert lines[0].startswith("mail,name,state,admin,team_member,sees_everything,groups,access_until")
    assert {line.split(",")[0] for line in lines[1:]} == {"alice@example.com", "bob@example.com"}
    assert "'=HYPERLINK(1)" in answer.text
    assert site.query("SELECT 1 FROM audit_logs WHERE action = 'people.exported'") == [(1,)]


def test_name_group_and_last_day_are_changed(site: Site) -> None:
    site.query("INSERT INTO viewer_groups (name) VALUES ('Partners')")
    [(group,)] = site.query("SELECT id FROM viewer_groups")
    path = f"/admin/people/{id_of(site, 'bob')}"
    answer = site.post(path, "alice", name="Bob", sees="groups", group=str(group), last_day="2099-12-31")
    assert answer.headers["location"] == f"{path}?notice=changed"
    page = site.get(path, "alice").text
    assert 'value="2099-12-31"' in page
    assert 'checked>\n<span dir="auto">Partners' in page
    assert site.post(path, "alice", name="Bob", last_day="tomorrow").status_code == 400


def test_a_person_is_deleted_by_typing_the_address(site: Site) -> None:
    path = f"/admin/people/{id_of(site, 'edgar')}/delete"
    assert site.post(path, "alice", email="edgar").status_code == 400
    assert site.post(path, "alice", email="edgar@example.com").headers["location"] == "/admin/people?notice=deleted"
    assert site.get(path.removesuffix("/delete"), "alice").status_code == 404


def test_an_admin_sees_what_a_person_sees_until_that_is_enough(site: Site) -> None:
    site.query("INSERT INTO viewer_groups (name) VALUES ('Nobody''s')")
    site.query("UPDATE users SET sees_everything = false WHERE email = 'bob@example.com'")
    site.query(
        "INSERT INTO viewer_group_members SELECT u.id, g.id FROM users u, viewer_groups g WHERE email LIKE 'bob@%%'"
    )
    site.post(f"/admin/people/{id_of(site, 'bob')}/view-as", "alice")
    page = site.get("/", "alice").text
    assert "You see what <b>bob@example.com</b> sees." in page
    site.post("/admin/view-as/stop", "alice")
    assert "You see what" not in site.get("/", "alice").text
    actions = [action for (action,) in site.query("SELECT action FROM audit_logs ORDER BY id")]
    assert actions == ["view_as.started", "view_as.stopped"]


def test_one_session_of_a_person_is_ended(site: Site) -> None:
    [(session,)] = site.query("SELECT id FROM sessions WHERE user_id = %s", id_of(site, "bob"))
    path = f"/admin/people/{id_of(site, 'bob')}"
    assert site.post(f"{path}/sessions/{session}/end", "alice").headers["location"] == f"{path}?notice=ended"
    assert site.get("/", "bob").headers["location"] == "/sign-in"


def test_somebody_is_added_before_they_ever_came(site: Site) -> None:
    answer = site.post("/admin/people", "alice", email="Frank@Example.com", name="Frank", sees="nothing")
    assert answer.status_code == 303
    assert site.query("SELECT is_approved FROM users WHERE email = 'frank@example.com'") == [(True,)]
    assert site.post("/admin/people", "alice", email="frank@example.com", sees="nothing").status_code == 409


def test_hostile_words_of_a_person_are_only_words(site: Site) -> None:
    site.query(
        "UPDATE users SET access_note = %s, display_name = %s WHERE email = 'carol@example.com'",
        '"><img src=x onerror=alert(1)>', "<script>alert(1)</script>",
    )  # fmt: skip
    for path in ("/admin/people", f"/admin/people/{id_of(site, 'carol')}"):
        page = site.get(path, "alice").text
        assert "<img src=x" not in page
        assert "<script>alert" not in page


def test_an_address_that_looks_like_anothers_is_shown_in_ascii_and_marked(site: Site) -> None:
    site.query("UPDATE users SET email = %s WHERE email = 'carol@example.com'", "alice@ex\u0430mple.com")
    [(carol,)] = site.query("SELECT id FROM users WHERE email LIKE 'alice@ex%%mple.com' AND NOT is_approved")
    for path in ("/admin/people", f"/admin/people/{carol}"):
        page = site.get(path, "alice").text
        assert "alice@xn--exmple-4nf.com" in page
        assert ' <strong class="looks-like">looks like alice@example.com</strong> <span' in " ".join(page.split())
    assert site.get("/admin/people", "alice").text.count("looks like") == 2, "where it waits, and in the list"
    assert "looks like" not in site.get(f"/admin/people/{id_of(site, 'alice')}", "alice").text
