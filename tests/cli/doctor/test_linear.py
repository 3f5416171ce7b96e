"""What `slb doctor` says of a budget that is nearly used up, and of a key without teams."""

from datetime import UTC, datetime

import pytest

from shareable_backlog.cli.doctor import linear
from shareable_backlog.config import parse_settings
from shareable_backlog.linear.connection.budget import KeyBudget
from tests.fakes.linear import run_linear

RESET = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(("left", "status"), [(2_500, "ok"), (250, "ok"), (249, "warn"), (0, "warn")])
def test_a_budget_of_which_little_is_left_is_told(left: int, status: str) -> None:
    found = linear.check_budget(KeyBudget(requests_limit=2_500, requests_remaining=left, requests_reset_at=RESET))
    assert found.status == status
    assert found.what.startswith(f"{left:,} of 2,500 requests left, full again at 12:30 UTC")


def test_a_budget_of_which_linear_says_nothing_is_no_fault() -> None:
    assert linear.check_budget(KeyBudget()).status == "ok"


@pytest.mark.anyio
async def test_a_key_that_sees_no_team_is_told() -> None:
    with run_linear() as fake:
        settings = parse_settings({"LINEAR_API_URL": fake.url, "LINEAR_API_KEY": fake.key})
        found, teams = await linear.check_linear(settings)
    sees = next(one for one in found if one.name == "sees")
    assert (sees.status, sees.what, list(teams)) == ("warn", "0 teams, 0 private", [])
