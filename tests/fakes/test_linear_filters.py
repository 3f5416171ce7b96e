from typing import Any

import pytest

from tests.fakes.linear import FakeLinear
from tests.fakes.linear.asking import post
from tests.fakes.linear.graphql import service
from tests.fakes.linear.rows import LISTS

OLD, NEW = "2026-02-01T00:00:00.000Z", "2026-02-02T00:00:00.000Z"
ONE_HOUR_EAST = "2026-02-02T01:00:00+01:00"
WITHOUT_FILTER = [
    *("externalUsers", "initiativeToProjects", "issueRelations", "issueToReleases"),
    *("projectRelations", "projectStatuses"),
]
PAGE = "query($after: String) { issues(first: 1, after: $after) { nodes { number } pageInfo { endCursor } } }"


def listed(fake: FakeLinear, where: dict[str, Any] | None, arguments: str = "") -> list[int]:
    query = f"query($where: IssueFilter) {{ issues(filter: $where {arguments}) {{ nodes {{ number }} }} }}"
    return [node["number"] for node in post(fake, query, where=where).json()["data"]["issues"]["nodes"]]


def filtered(fake: FakeLinear, root: str, kind: str, where: dict[str, Any]) -> list[str]:
    query = f"query($where: {kind}) {{ {root}(filter: $where) {{ nodes {{ id }} }} }}"
    return [node["id"] for node in post(fake, query, where=where).json()["data"][root]["nodes"]]


def test_issues_can_be_filtered_by_update_and_archival(fake: FakeLinear) -> None:
    fake.world.add_issue(updatedAt=OLD)
    fake.world.add_issue(updatedAt=NEW)
    fake.world.add_issue(updatedAt=OLD, archivedAt=NEW)
    assert listed(fake, {"updatedAt": {"gte": NEW}}) == [2]
    assert listed(fake, {"updatedAt": {"gt": OLD, "lte": ONE_HOUR_EAST}}) == [2]
    assert listed(fake, {"updatedAt": {"lt": NEW}}) == [1]
    assert listed(fake, {"archivedAt": {"gte": NEW}}, "includeArchived: true") == [3]


def test_a_limit_finer_than_a_millisecond_is_kept_to(fake: FakeLinear) -> None:
    fake.world.add_issue(updatedAt=NEW)
    just_after = NEW.replace("000Z", "000001Z")
    assert [listed(fake, {"updatedAt": {how: just_after}}) for how in ("gt", "gte", "lt", "lte")] == [
        [],
        [],
        [1],
        [1],
    ]


def test_what_is_null_matches_no_comparison(fake: FakeLinear) -> None:
    fake.world.add_issue()
    assert [listed(fake, {"archivedAt": {how: NEW}}) for how in ("gt", "gte", "lt", "lte")] == [[], [], [], []]


def test_alternatives_and_conditions_can_be_nested(fake: FakeLinear) -> None:
    for updated_at, archived_at in ((OLD, None), (NEW, None), (OLD, NEW)):
        fake.world.add_issue(updatedAt=updated_at, archivedAt=archived_at)
    changed = {"or": [{"updatedAt": {"gte": NEW}}, {"archivedAt": {"gte": NEW}}]}
    assert listed(fake, changed, "includeArchived: true") == [3, 2]
    assert listed(fake, {"and": [changed, {"updatedAt": {"lte": OLD}}]}, "includeArchived: true") == [3]


def test_no_filter_is_every_row(fake: FakeLinear) -> None:
    fake.world.add_issue()
    assert [listed(fake, where) for where in (None, {}, {"updatedAt": None}, {"updatedAt": {"gte": None}})] == [
        [1]
    ] * 4


def test_rows_can_be_asked_for_by_id(fake: FakeLinear) -> None:
    first, _, third = [fake.world.add_issue() for _ in range(3)]
    assert listed(fake, {"id": {"in": [first["id"], third["id"], "gone"]}}) == [3, 1]
    assert listed(fake, {"id": {"eq": first["id"]}}) == [1]
    assert listed(fake, {"id": {"in": []}}) == []


def test_every_list_that_takes_a_filter_in_linear_takes_one(fake: FakeLinear) -> None:
    world = fake.world
    kinds = list_filter_types()
    assert sorted(LISTS.keys() - kinds.keys()) == WITHOUT_FILTER
    for root, kind in kinds.items():
        row = world.add_one(root)
        where = {"or": [{"createdAt": {"lte": row["createdAt"]}}], "id": {"eq": row["id"]}}
        assert filtered(fake, root, kind, where) == [row["id"]]
        assert filtered(fake, root, kind, {"updatedAt": {"gt": NEW}}) == []


def list_filter_types() -> dict[str, str]:
    """Return the type of each list's filter, by its root field."""
    query = service.schema().query_type
    assert query
    return {root: str(field.args["filter"].type) for root, field in query.fields.items() if "filter" in field.args}


@pytest.mark.parametrize("root", WITHOUT_FILTER)
def test_lists_without_a_filter_in_linear_have_none(fake: FakeLinear, root: str) -> None:
    assert post(fake, f"{{ {root}(filter: {{}}) {{ nodes {{ id }} }} }}").status_code == 400


def test_several_pages_of_several_lists_come_in_one_answer(fake: FakeLinear) -> None:
    for _ in range(3):
        fake.world.add_issue()
    after = post(fake, PAGE).json()["data"]["issues"]["pageInfo"]["endCursor"]
    rest = f'rest: issues(after: "{after}") {{ nodes {{ number }} }}'
    query = f"{{ all: issues {{ nodes {{ number }} }} {rest} teams {{ nodes {{ key }} }} }}"
    assert post(fake, query).json()["data"] == {
        "all": {"nodes": [{"number": 3}, {"number": 2}, {"number": 1}]},
        "rest": {"nodes": [{"number": 2}, {"number": 1}]},
        "teams": {"nodes": [{"key": "ENG"}]},
    }


def test_a_cursor_of_its_own_making_is_the_only_one_it_takes(fake: FakeLinear) -> None:
    for made_up in ("made up", "bnVsbA=="):
        answer = post(fake, PAGE, after=made_up)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "INPUT_ERROR")


@pytest.mark.parametrize(("status", "code"), [(400, "INPUT_ERROR"), (200, "INVALID_INPUT")])
def test_cursors_can_be_forgotten(fake: FakeLinear, status: int, code: str) -> None:
    for _ in range(2):
        fake.world.add_issue()
    stale = post(fake, PAGE).json()["data"]["issues"]["pageInfo"]["endCursor"]
    fake.forget_cursors(status=status)
    refused = post(fake, PAGE, after=stale)
    assert refused.status_code == status
    assert refused.json()["errors"][0]["extensions"]["code"] == code
    assert refused.json().get("data") is None
    fresh = post(fake, PAGE).json()["data"]["issues"]["pageInfo"]["endCursor"]
    assert post(fake, PAGE, after=fresh).json()["data"]["issues"]["nodes"] == [{"number": 1}]


def test_the_world_can_change_between_two_pages(fake: FakeLinear) -> None:
    issues = [fake.world.add_issue() for _ in range(2)]
    fake.on_request = lambda number: fake.world.remove(issues[0]) if number == 2 else None
    first = post(fake, PAGE).json()["data"]["issues"]
    assert first["nodes"] == [{"number": 2}]
    assert post(fake, PAGE, after=first["pageInfo"]["endCursor"]).json()["data"]["issues"]["nodes"] == []


def test_issues_can_be_filtered_by_their_parent(fake: FakeLinear) -> None:
    parent = fake.world.add_issue()
    fake.world.add_issue(parent=parent["id"])
    fake.world.add_issue()
    assert listed(fake, {"parent": {"id": {"in": [parent["id"]]}}}) == [2]
