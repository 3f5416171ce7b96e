import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, is_specified_scalar_type

from tests.fakes.linear import FakeLinear, Fault
from tests.fakes.linear.asking import everything, post, whole
from tests.fakes.linear.graphql import published, service
from tests.fakes.linear.rows import LISTS
from tests.fakes.linear.volume import volume

PROJECT = Path(__file__).parents[2]
NUMBERS = "query Numbers($filter: IssueFilter) { issues(filter: $filter) { nodes { number } } }"


def listed(fake: FakeLinear, arguments: str = "", **variables: Any) -> list[int]:
    query = f"query($filter: IssueFilter) {{ issues(filter: $filter {arguments}) {{ nodes {{ number }} }} }}"
    return [node["number"] for node in post(fake, query, **variables).json()["data"]["issues"]["nodes"]]


def walked(fake: FakeLinear, size: int) -> list[str]:
    """Return the ids of all issues, page by page."""
    page = "issues(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }"
    query = f"query($first: Int, $after: String) {{ {page} }}"
    found: list[str] = []
    after = None
    while True:
        connection = post(fake, query, first=size, after=after).json()["data"]["issues"]
        found += [node["id"] for node in connection["nodes"]]
        after = connection["pageInfo"]["endCursor"]
        if not connection["pageInfo"]["hasNextPage"]:
            return found


def connected(answer: dict[str, Any]) -> dict[str, Any]:
    return answer["data"]["long"]


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def test_a_page_has_50_rows_unless_told_otherwise(fake: FakeLinear) -> None:
    for _ in range(51):
        fake.world.add_issue()
    assert len(listed(fake)) == 50
    assert len(listed(fake, "first: 51")) == 51


@pytest.mark.parametrize("first", [251, 0])
def test_a_page_out_of_range_is_refused_with_status_200(fake: FakeLinear, first: int) -> None:
    answer = post(fake, "query($first: Int) { teams(first: $first) { nodes { id } } }", first=first)
    assert code(answer) == (200, "INVALID_INPUT")
    assert answer.json()["data"] is None


def test_lists_descend_by_creation_or_by_update(fake: FakeLinear) -> None:
    oldest, *_ = [fake.world.add_issue() for _ in range(3)]
    fake.world.edit(oldest, title="Edited")
    assert listed(fake) == [3, 2, 1]
    assert listed(fake, "orderBy: updatedAt") == [1, 3, 2]


def test_archived_rows_come_only_when_asked_for(fake: FakeLinear) -> None:
    fake.world.add_issue(archivedAt="2026-01-02T00:00:00.000Z")
    fake.world.add_issue()
    assert listed(fake) == [2]
    assert listed(fake, "includeArchived: true") == [2, 1]


def test_people_who_left_come_only_when_asked_for(fake: FakeLinear) -> None:
    fake.world.add_person("Bob Birch", active=False)
    here = post(fake, "{ users { nodes { name } } }").json()["data"]["users"]["nodes"]
    everybody = post(fake, "{ users(includeDisabled: true) { nodes { name } } }").json()["data"]["users"]["nodes"]
    assert [person["name"] for person in here] == ["Alice Ashby"]
    assert [person["name"] for person in everybody] == ["Bob Birch", "Alice Ashby"]


def test_pages_join_without_a_gap_also_where_many_rows_have_one_time(fake: FakeLinear) -> None:
    ids = {fake.world.add_issue(updatedAt="2026-02-01T00:00:00.000Z")["id"] for _ in range(10)}
    found = walked(fake, 3)
    assert len(found) == 10
    assert set(found) == ids


def test_a_change_shows_at_once(fake: FakeLinear) -> None:
    issue = fake.world.add_issue(title="Before")
    before = everything(fake)["issues"][issue["id"]]
    fake.world.edit(issue, title="After")
    after = everything(fake)["issues"][issue["id"]]
    fake.world.remove(issue)
    assert before["title"] == "Before"
    assert after["title"] == "After"
    assert after["updatedAt"] > before["updatedAt"]
    assert everything(fake)["issues"] == {}


def test_numbers_are_written_as_javascript_does(fake: FakeLinear) -> None:
    fake.world.add_issue(priority=2, estimate=0.5, title="Version 1.0")
    text = post(fake, "{ issues { nodes { number priority estimate title } } }").text
    assert '{"number":1,"priority":2,"estimate":0.5,"title":"Version 1.0"}' in text


def test_every_builder_makes_rows_that_answer_in_full(fake: FakeLinear) -> None:
    world = fake.world
    team, person = world.add_team(), world.add_person("Bob Birch")
    project = world.add_project("Spring", lead=person["id"])
    issue = world.add_issue(
        team,
        labelIds=[world.add_label("Bug", team=team["id"])["id"]],
        project=project["id"],
        projectMilestone=world.add_milestone(project, "Alpha")["id"],
        cycle=world.add_cycle(team, 1)["id"],
    )
    world.add_comment(issue, user=person["id"])
    world.add_relation(issue, world.add_issue(team, parent=issue["id"]))
    world.add_attachment(issue)
    world.add_initiative_project(world.add_initiative("Bigger", owner=person["id"]), project)
    world.fill()
    assert all(everything(fake).values())


@pytest.mark.parametrize("root", LISTS)
def test_the_quick_way_to_answer_gives_what_graphqls_own_executor_gives(root: str) -> None:
    world = volume(30)
    world.hide_team(next(iter(world.rows["teams"].values())))
    world.remove(next(iter(world.rows["projects"].values())))
    world.fill()
    asked = whole(root)
    quick, _ = service.Service(world).answer(f"{{ {asked} }}", {})
    thorough, _ = service.Service(world).answer(f"{{ __typename {asked} }}", {})
    assert json.loads(quick) == {"data": {root: json.loads(thorough)["data"][root]}}
    assert json.loads(quick)["data"][root]["nodes"]


def test_the_viewer_the_workspace_and_counts_answer(fake: FakeLinear) -> None:
    fake.world.add_issue()
    fake.world.add_issue(archivedAt="2026-01-02T00:00:00.000Z")
    counts = "some: issueCount all: issueCount(includeArchived: true)"
    viewer = "viewer { name admin guest organization { name } }"
    query = f"{{ {viewer} organization {{ urlKey }} teams {{ nodes {{ {counts} }} }} }}"
    assert post(fake, query).json()["data"] == {
        "viewer": {"name": "Alice Ashby", "admin": True, "guest": False, "organization": {"name": "Example"}},
        "organization": {"urlKey": "example"},
        "teams": {"nodes": [{"some": 1, "all": 2}]},
    }


def test_answers_count_requests_and_points_down(fake: FakeLinear) -> None:
    fake.reset_in_s = 60
    fake.world.add_issue()
    post(fake, NUMBERS)
    headers = post(fake, NUMBERS).headers
    assert headers["x-complexity"] == "56"
    assert headers["x-ratelimit-requests-remaining"] == "2498"
    assert headers["x-ratelimit-complexity-remaining"] == "2999888"
    assert 50_000 < int(headers["x-ratelimit-requests-reset"]) - time.time() * 1000 <= 60_001


def test_a_query_over_10_000_points_is_too_complex(fake: FakeLinear) -> None:
    fields = " ".join(f"t{n}: team {{ id }}" for n in range(40))
    answer = post(fake, f"{{ issues(first: 250) {{ nodes {{ {fields} }} }} }}")
    assert code(answer) == (400, "INPUT_ERROR")
    assert "Query too complex" in answer.text


def test_the_points_of_all_lists_of_a_request_count_together(fake: FakeLinear) -> None:
    some = "nodes { id title team { id } }"
    assert post(fake, f"{{ issues(first: 250) {{ {some} }} }}").headers["x-complexity"] == "576"
    two = post(fake, f"{{ a: issues(first: 250) {{ {some} }} b: comments(first: 250) {{ nodes {{ id }} }} }}")
    assert two.headers["x-complexity"] == "852"
    many = " ".join(f"a{n}: issues(first: 250) {{ {some} }}" for n in range(18))
    assert code(post(fake, f"{{ {many} }}")) == (400, "INPUT_ERROR")


@pytest.mark.parametrize(
    ("query", "expected"),
    [("{ nothing }", "GRAPHQL_VALIDATION_FAILED"), ("{", "GRAPHQL_PARSE_FAILED"), ("", "GRAPHQL_PARSE_FAILED")],
)
def test_what_is_no_query_is_refused(fake: FakeLinear, query: str, expected: str) -> None:
    assert code(post(fake, query)) == (400, expected)


@pytest.mark.parametrize(("key", "status"), [("lin_api_unknown", 401), (f"Bearer {FakeLinear.key}", 400)])
def test_only_its_own_keys_are_let_in(fake: FakeLinear, key: str, status: int) -> None:
    assert code(post(fake, NUMBERS, key=key)) == (status, "AUTHENTICATION_ERROR")
    assert post(fake, NUMBERS, key=f"Bearer {fake.oauth_token}").status_code == 200


def test_requests_are_remembered(fake: FakeLinear) -> None:
    post(fake, NUMBERS, filter={})
    [received] = fake.requests
    assert (received.path, received.operation, received.variables) == ("/graphql", "Numbers", {"filter": {}})
    assert received.headers["authorization"] == fake.key


def test_faults_come_when_scripted_and_end(fake: FakeLinear) -> None:
    fake.fail_next(Fault.INTERNAL_ERROR, after=1)
    fake.fail_next(Fault.BAD_GATEWAY, times=2, after=1)
    assert [post(fake, NUMBERS).status_code for _ in range(6)] == [200, 500, 200, 502, 502, 200]


BENT = "{ short: teams { nodes { key } } long: issues { nodes { number } pageInfo { hasNextPage endCursor } } }"


def test_a_partial_answer_has_data_and_errors(fake: FakeLinear) -> None:
    fake.world.add_issue()
    fake.world.add_issue()
    fake.fail_next(Fault.PARTIAL)
    answer = post(fake, BENT).json()
    assert answer["data"]["short"] == {"nodes": [{"key": "ENG"}]}
    assert answer["data"]["long"]["nodes"] == [{"number": 2}, None]
    assert answer["errors"][0]["path"] == ["long", "nodes", 1]


def test_holes_come_in_the_longest_list_of_a_request(fake: FakeLinear) -> None:
    for _ in range(2):
        fake.world.add_issue()
    for fault in (Fault.NULL_NODE, Fault.NULL_CONNECTION, Fault.STUCK_CURSOR):
        fake.fail_next(fault)
    node, connection, stuck = (post(fake, BENT).json() for _ in range(3))
    assert node == {
        "data": {"short": {"nodes": [{"key": "ENG"}]}, "long": {**connected(node), "nodes": [{"number": 2}, None]}}
    }
    assert connection == {"data": {"short": {"nodes": [{"key": "ENG"}]}, "long": None}}
    assert connected(stuck)["pageInfo"]["hasNextPage"]
    after = connected(stuck)["pageInfo"]["endCursor"]
    assert listed(fake, f'after: "{after}"') == [2, 1]


def test_holes_come_in_empty_lists_too_and_never_in_what_is_no_list(fake: FakeLinear) -> None:
    fake.fail_next(Fault.PARTIAL, times=2)
    assert post(fake, NUMBERS).json()["data"] == {"issues": {"nodes": [None]}}
    assert post(fake, "{ viewer { name } }").json() == {"data": {"viewer": {"name": "Alice Ashby"}}}


def test_the_limit_says_when_it_ends(fake: FakeLinear) -> None:
    fake.fail_next(Fault.RATELIMITED)
    answer = post(fake, NUMBERS)
    assert code(answer) == (400, "RATELIMITED")
    assert answer.headers["x-ratelimit-requests-remaining"] == "0"
    assert "x-ratelimit-requests-reset" in answer.headers


def test_a_volume_is_the_same_for_the_same_seed() -> None:
    first, second, other = volume(200, seed=1), volume(200, seed=1), volume(200, seed=2)
    assert first.rows == second.rows
    assert first.rows != other.rows


def test_a_volume_has_every_kind_of_row_in_fair_shares() -> None:
    rows = volume(2_000).rows
    assert len(rows["issues"]) == 2_000
    assert 150 < sum(issue["archivedAt"] is not None for issue in rows["issues"].values()) < 250
    assert 400 < len(rows["comments"]) < 600
    assert all(rows.values())


def test_a_volume_needs_no_corpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tests.fakes.linear.volume._CORPUS", tmp_path / "missing.gz")
    assert {issue["title"].split()[0] for issue in volume(50).rows["issues"].values()} <= {
        *("Add", "Fix", "Move", "Show", "Hide", "Split", "Rename", "Explain", "Speed", "Retire")
    }


def test_a_volume_takes_its_texts_from_the_corpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.gz"
    corpus.write_bytes(gzip.compress(json.dumps({"title": "Only one", "body": "Its body"}).encode()))
    monkeypatch.setattr("tests.fakes.linear.volume._CORPUS", corpus)
    assert {(issue["title"], issue["description"]) for issue in volume(5).rows["issues"].values()} == {
        ("Only one", "Its body")
    }


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.fakes.linear", "--issues", "5"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        served = json.loads(process.stdout.readline())
        query = {"query": "{ issues(includeArchived: true) { nodes { id } } }"}
        answer = httpx2.post(served["url"], json=query, headers={"Authorization": served["key"]})
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert len(answer.json()["data"]["issues"]["nodes"]) == 5


OWN_TYPES = [
    name
    for name, kind in service.schema().type_map.items()
    if not name.startswith("__") and not is_specified_scalar_type(kind)
]


@published.needed
@pytest.mark.parametrize("name", OWN_TYPES)
def test_its_schema_is_part_of_linears_own(name: str) -> None:
    ours, theirs = service.schema().type_map[name], published.schema().type_map[name]
    assert type(ours) is type(theirs)
    if isinstance(ours, GraphQLObjectType | GraphQLInputObjectType):
        assert isinstance(theirs, GraphQLObjectType | GraphQLInputObjectType)
        for field, definition in ours.fields.items():
            assert str(definition.type) == str(theirs.fields[field].type)
    if isinstance(ours, GraphQLEnumType):
        assert isinstance(theirs, GraphQLEnumType)
        assert ours.values.keys() <= theirs.values.keys()
    if isinstance(ours, GraphQLObjectType):
        assert isinstance(theirs, GraphQLObjectType)
        for field, definition in ours.fields.items():
            arguments = {argument: str(kind.type) for argument, kind in definition.args.items()}
            known = {argument: str(kind.type) for argument, kind in theirs.fields[field].args.items()}
            assert arguments.items() <= known.items()
