import pytest
from graphql import NoDeprecatedCustomRule, parse, specified_rules, validate

from shareable_backlog.linear import workspace
from shareable_backlog.linear.connection.client import open_client
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.errors import AuthenticationFailed, PartialAnswer
from shareable_backlog.linear.workspace import Workspace
from tests.fakes.linear import FakeLinear, Fault
from tests.fakes.linear.graphql import published, service
from tests.fakes.linear.graphql.complexity import points


async def inspected(fake: FakeLinear) -> Workspace:
    async with open_client(fake.url, fake.key, retries=Retries(attempts=1)) as client:
        return await workspace.inspect_workspace(client)


@pytest.mark.anyio
async def test_one_request_tells_workspace_user_teams_and_budget(fake: FakeLinear) -> None:
    fake.world.add_team("OPS", "Operations", visibility="private")
    team = fake.world.add_team("ENG", "Engineering")
    fake.world.add_issue(team)
    fake.world.add_issue(team, archivedAt="2026-01-01T00:00:00.000Z")
    seen = await inspected(fake)
    assert (seen.organization.name, seen.organization.url_key) == ("Example", "example")
    assert seen.viewer.name == "Alice Ashby"
    assert [(team.key, team.is_private, team.issue_count) for team in seen.teams] == [
        ("ENG", False, 1),
        ("OPS", True, 0),
    ]
    assert not seen.more_teams
    assert seen.budget.requests_remaining == 2_499
    assert len(fake.requests) == 1


@pytest.mark.anyio
async def test_a_restricted_team_counts_as_private(fake: FakeLinear) -> None:
    fake.world.add_team(visibility="restricted")
    assert (await inspected(fake)).teams[0].is_private


@pytest.mark.anyio
async def test_more_teams_than_a_page_holds_are_owned_up_to(fake: FakeLinear) -> None:
    for number in range(251):
        fake.world.add("teams", key=f"T{number}", name="Team", displayName="Team")
    seen = await inspected(fake)
    assert (len(seen.teams), seen.more_teams) == (250, True)


@pytest.mark.anyio
async def test_a_refused_key_is_said(fake: FakeLinear) -> None:
    fake.fail_next(Fault.AUTHENTICATION)
    with pytest.raises(AuthenticationFailed):
        await inspected(fake)


@pytest.mark.anyio
@pytest.mark.parametrize("fault", [Fault.NULL_NODE, Fault.NULL_CONNECTION])
async def test_holes_are_not_taken_for_a_workspace(fake: FakeLinear, fault: Fault) -> None:
    fake.world.add_team()
    fake.fail_next(fault)
    with pytest.raises(PartialAnswer):
        await inspected(fake)


@pytest.mark.slow
@published.needed
def test_linear_knows_every_field_and_discourages_none() -> None:
    assert not validate(published.schema(), parse(workspace.QUERY), [*specified_rules, NoDeprecatedCustomRule])


def test_the_question_stays_well_under_the_points_of_one_query() -> None:
    assert points(service.schema(), parse(workspace.QUERY), {"first": 250}) < 5_000


def test_nobodys_mail_address_is_asked_for() -> None:
    assert "mail" not in workspace.QUERY
