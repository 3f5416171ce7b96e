"""What admins are told of how the backlog is used."""

import pytest

from shareable_backlog import clock
from shareable_backlog.services import usage
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_without_anybody_every_day_is_empty() -> None:
    found = await usage.read_usage()
    assert (found.people, found.most_people, len(found.by_day)) == (0, 0, 14)
    assert found.by_day[-1][0] == clock.read_time().date()


async def test_the_days_are_those_up_to_today_with_the_people_of_each(database: str) -> None:
    bob = let_in(database)["bob"]
    await audit_actions.record(None, Actor(bob, None, None, None), Action.EXPORT_MADE)
    found = await usage.read_usage()
    assert (found.people, found.most_people, found.by_day[-1][1]) == (1, 1, 1)
