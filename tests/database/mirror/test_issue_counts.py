"""How many issues Linear counts in each team, held against what it counted before and what the mirror has."""

from datetime import UTC, datetime

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import issue_counts
from shareable_backlog.database.mirror.issue_counts import TeamCount
from tests.support.mirrored import item, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ENG, OPS = TeamCount("team-ENG", 12, 7), TeamCount("team-OPS", 5, 5)


@pytest.fixture(autouse=True)
async def _teams(live_database: object) -> None:
    del live_database
    await store(team("ENG"), team("OPS"))


async def keep(*counts: TeamCount) -> None:
    async with transaction() as tx:
        await issue_counts.store_counts(tx, counts)


async def test_a_count_has_moved_until_it_was_kept() -> None:
    assert await issue_counts.list_changed([ENG, OPS]) in ([ENG, OPS], [OPS, ENG])
    await keep(ENG, OPS)
    assert await issue_counts.list_changed([ENG, OPS]) == []


@pytest.mark.parametrize("other", [TeamCount("team-ENG", 13, 7), TeamCount("team-ENG", 12, 6)])
async def test_another_count_of_either_kind_has_moved(other: TeamCount) -> None:
    await keep(ENG, OPS)
    assert await issue_counts.list_changed([other, OPS]) == [other]


async def test_a_team_without_issues_that_was_never_counted_has_moved() -> None:
    empty = TeamCount("team-ENG", 0, 0)
    assert await issue_counts.list_changed([empty]) == [empty]


async def test_a_team_that_the_mirror_does_not_have_has_moved() -> None:
    unknown = TeamCount("team-NEW", 1, 1)
    assert await issue_counts.list_changed([unknown]) == [unknown]


async def test_a_team_that_had_gone_has_moved_when_it_is_counted_again() -> None:
    await keep(ENG)
    await query("UPDATE teams SET removed_at = now() WHERE key = 'ENG'")
    assert await issue_counts.list_changed([ENG]) == [ENG]


async def test_a_team_that_linear_does_not_count_has_not_moved() -> None:
    await keep(ENG, OPS)
    assert await issue_counts.list_changed([OPS]) == []
    assert await issue_counts.list_changed([]) == []


async def test_kept_counts_are_those_of_their_teams_alone() -> None:
    await keep(ENG, OPS, TeamCount("team-NEW", 1, 1))
    await keep(TeamCount("team-OPS", 6, 5))
    assert await query("SELECT id, issue_count, unarchived_issue_count FROM teams ORDER BY id") == [
        ("team-ENG", 12, 7),
        ("team-OPS", 6, 5),
    ]


async def test_the_mirror_counts_archived_items_and_those_in_the_trash_and_none_that_is_gone() -> None:
    now = datetime.now(UTC)
    await store(item(1), item(2, archived_at=now), item(3, trashed=True), item(4), item(5, team="OPS"))
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 4")
    assert await issue_counts.count_mirrored(["team-ENG"]) == [TeamCount("team-ENG", 3, 2)]


async def test_a_team_without_items_counts_none() -> None:
    found = await issue_counts.count_mirrored(["team-ENG", "team-NEW"])
    assert set(found) == {TeamCount("team-ENG", 0, 0), TeamCount("team-NEW", 0, 0)}
    assert await issue_counts.count_mirrored([]) == []
