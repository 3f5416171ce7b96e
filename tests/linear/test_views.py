"""Which issues a view of Linear shows."""

import pytest
from graphql import parse, specified_rules, validate

from shareable_backlog.linear import views
from shareable_backlog.linear.connection.client import open_client
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.errors import Forbidden, InvalidQuery, PartialAnswer
from tests.fakes.linear import FakeLinear, Fault, Row
from tests.fakes.linear.graphql import published, service


async def listed(fake: FakeLinear, view_id: str, *, most: int = 2_500) -> set[str] | None:
    async with open_client(fake.url, fake.key, retries=Retries(attempts=1)) as client:
        found = await views.list_view_issues(client, view_id, most=most)
    return None if found is None else {issue.id for issue in found}


def add_view(fake: FakeLinear) -> Row:
    return fake.world.add("customViews", name="Urgent", filterData={"priority": {"eq": 1}})


@pytest.mark.anyio
async def test_the_issues_of_a_view_are_listed_without_archived_and_other_ones(fake: FakeLinear) -> None:
    wanted = {fake.world.add_issue(priority=1)["id"] for _ in range(3)}
    fake.world.add_issue(priority=2)
    fake.world.add_issue(priority=1, archivedAt="2026-01-01T00:00:00.000Z")
    assert await listed(fake, add_view(fake)["id"]) == wanted


@pytest.mark.anyio
async def test_a_view_is_read_page_by_page_up_to_a_bound(fake: FakeLinear) -> None:
    view_id, wanted = add_view(fake)["id"], {fake.world.add_issue(priority=1)["id"] for _ in range(300)}
    assert await listed(fake, view_id) == wanted
    assert len(fake.requests) == 2
    assert await listed(fake, view_id, most=299) is None
    assert await listed(fake, view_id, most=300) == wanted


@pytest.mark.anyio
async def test_a_view_that_is_not_there_or_refused_raises(fake: FakeLinear) -> None:
    with pytest.raises(InvalidQuery):
        await listed(fake, "none")
    fake.fail_next(Fault.FORBIDDEN)
    with pytest.raises(Forbidden):
        await listed(fake, add_view(fake)["id"])


@pytest.mark.anyio
async def test_an_answer_with_a_hole_is_not_used(fake: FakeLinear) -> None:
    view_id = add_view(fake)["id"]
    fake.fail_next(Fault.NULL_CONNECTION)
    with pytest.raises(PartialAnswer):
        await listed(fake, view_id)


@pytest.mark.parametrize("query", [views.QUERY, views.ISSUES])
def test_the_query_is_one_that_the_fake_answers(query: str) -> None:
    assert validate(service.schema(), parse(query), specified_rules) == []


@published.needed
@pytest.mark.parametrize("query", [views.QUERY, views.ISSUES])
def test_the_query_is_valid_at_linear(query: str) -> None:
    assert validate(published.schema(), parse(query), specified_rules) == []
