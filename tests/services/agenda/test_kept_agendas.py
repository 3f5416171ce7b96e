"""Agendas that are kept, as those who read them later see them."""

import random
from datetime import UTC, date, datetime

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.agenda import kept_agendas as rows
from shareable_backlog.database.agenda.kept_agendas import KeptAgenda
from shareable_backlog.errors import Conflict, NotAllowed, NotFound
from shareable_backlog.services.agenda import kept_agendas
from shareable_backlog.services.agenda.agenda import Agenda
from shareable_backlog.services.audit.audit_actions import OPERATOR, Actor
from tests.services.backlog.test_comparison import SINCE, draw_rules, grow_world
from tests.support.mirrored import item, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NOW = datetime(2026, 3, 5, 15, tzinfo=UTC)


async def add_person(name: str, *group_ids: int, is_admin: bool = False) -> Actor:
    """Add an approved person who sees what groups see, everything without any."""
    email = f"{name}@example.com"
    [(user_id,)] = await query(
        "INSERT INTO users (email, is_admin, is_approved, sees_everything)"
        " VALUES (%(email)s, %(is_admin)s, true, %(sees_everything)s) RETURNING id",
        {"email": email, "is_admin": is_admin, "sees_everything": not group_ids},
    )
    for group_id in group_ids:
        await query(
            "INSERT INTO viewer_group_members (viewer_group_id, user_id) VALUES (%(group)s, %(user)s)",
            {"group": group_id, "user": user_id},
        )
    return Actor(user_id, email, None, None)


async def add_group(name: str, team_key: str) -> int:
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES (%(name)s) RETURNING id", {"name": name})
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, 'team', %(team)s)",
        {"group": group, "team": f"team-{team_key}"},
    )
    return group


async def keep(actor: Actor) -> KeptAgenda:
    """Keep the agenda a minute after any other."""
    await query("UPDATE kept_agendas SET created_at = created_at - interval '1 minute'")
    return await kept_agendas.find_kept(await kept_agendas.keep_agenda(actor, NOW, SINCE, may_keep=True))


async def test_what_everybody_in_use_sees_is_kept_and_nobody_elses() -> None:
    ours, others = await add_group("Ours", "ENG"), await add_group("Others", "OPS")
    alice = await add_person("alice", is_admin=True)
    await add_person("bob", ours)
    kept = await keep(alice)
    assert (kept.day, kept.number, kept.since) == (date(2026, 3, 5), 1, SINCE.date())
    assert kept.keeper is None
    assert await kept_agendas.read_kept(EVERYTHING, kept)
    assert await kept_agendas.read_kept(Scope((ours,)), kept)
    assert await kept_agendas.read_kept(Scope((others,)), kept) is None
    assert await kept_agendas.read_kept(Scope((ours, others)), kept) is None


async def test_who_may_not_keeps_nothing() -> None:
    bob = await add_person("bob")
    with pytest.raises(NotAllowed):
        await kept_agendas.keep_agenda(bob, NOW, SINCE, may_keep=False)
    with pytest.raises(NotAllowed):
        await kept_agendas.keep_agenda(OPERATOR, NOW, SINCE, may_keep=True)
    assert await kept_agendas.list_kept() == []


async def test_within_a_minute_no_other_is_kept() -> None:
    alice, bob = await add_person("alice", is_admin=True), await add_person("bob", is_admin=True)
    kept = await keep(alice)
    with pytest.raises(Conflict):
        await kept_agendas.keep_agenda(bob, NOW, SINCE, may_keep=True)
    assert await kept_agendas.list_kept() == [kept]
    assert (await keep(bob)).number == 2


async def test_the_latest_comes_first_and_what_is_deleted_is_gone_with_all_of_it() -> None:
    alice = await add_person("alice", is_admin=True)
    kept = [await keep(alice), await keep(alice)]
    assert [one.id for one in await kept_agendas.list_kept()] == [one.id for one in kept[::-1]]
    for one in kept:
        await kept_agendas.delete_kept(alice, kept_agendas.format_key(one))
    assert await query("SELECT count(*) FROM kept_agenda_contents") == [(0,)]
    with pytest.raises(NotFound):
        await kept_agendas.delete_kept(alice, "2026-03-05")


OLD = """{
  "sections": [{
    "name": "moved",
    "sums": [{"kind": "moved", "item_ids": ["item-ENG-1"], "is_cut": false}],
    "items": [{
      "id": "item-ENG-1", "identifier": "ENG-1", "title": "Fix the roof", "team": null, "priority": 1,
      "estimate": 2.0, "issue_estimation_type": null, "due_date": "2026-03-01",
      "created_at": "2025-12-25T12:00:00Z", "updated_at": "2026-02-01T05:00:00Z", "archived_at": null,
      "is_open": true, "state_name": "Doing", "state_type": "started", "state_color": null,
      "state_is_advanced": false, "assignee": null, "project": "Apollo", "milestone": null,
      "cycle_number": null, "labels": [], "state_id": "ENG-started-0", "project_id": "project-A"
    }]
  }, {
    "name": "done", "sums": [{"kind": "done", "item_ids": [], "is_cut": false}], "items": []
  }],
  "projects": [{
    "id": "project-A", "name": "Apollo", "health": "atRisk", "target_date": "2026-04-01",
    "target_date_resolution": null, "is_late": false, "is_slipped": false, "was_date": null,
    "was_resolution": null, "open": null
  }],
  "ranked_ids": ["item-ENG-1"],
  "past_ranked_ids": ["item-ENG-1"],
  "moves": {"item-ENG-1": [
    {"item_id": "item-ENG-1", "field": "priority", "before": "4", "is_slip": false, "before_id": null}
  ]}
}"""
"""A document as it was stored on 2026-11-29. It stays as it is: such pages were kept."""


async def test_what_was_kept_long_ago_can_still_be_read() -> None:
    """A field that lines, moves or projects get needs a default, or each older page breaks."""
    await store(team("ENG"), state("started"), project("A"), item(1, project_id="project-A"))
    async with transaction() as tx:
        kept_id, _ = await rows.add_kept(tx, date(2026, 3, 5), SINCE.date(), None)
        await rows.add_contents(tx, kept_id, {EVERYTHING: OLD})
    found = await kept_agendas.read_kept(EVERYTHING, await kept_agendas.find_kept("2026-03-05"))
    assert found
    assert [(one.title, one.project) for one in found.sections[0].items] == [("Fix the roof", "Apollo")]
    assert [one.name for one in found.projects] == ["Apollo"]
    assert list_told(found) == {("item-ENG-1", "priority", "4")}


def describe(found: Agenda) -> dict[str, tuple[list[int], list[tuple[str, int | None, int | None]]]]:
    """Return the numbers of each section, and its items with their ranks of then and of the day before."""
    return {
        section.name: (
            [one.count for one in section.sums],
            [
                (item.identifier, found.ranks.get(item.id), found.compared.past_ranks.get(item.id))
                for item in section.items
            ],
        )
        for section in found.sections
    }


def list_told(found: Agenda) -> set[tuple[str, str, str | None]]:
    """Return what is told to have moved of each item, and from where."""
    moves = [move for several in found.compared.moves.values() for move in several]
    return {(move.item_id, move.field, move.before) for move in moves}


@pytest.mark.parametrize("seed", range(40, 46))
async def test_nothing_hidden_later_moves_a_number_of_random_worlds(seed: int) -> None:
    """What is kept while all is shown, and read after rules changed, is as if it had been kept under those rules."""
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    states = [state(type_, team=key) for key in ("ENG", "OPS") for type_ in ("unstarted", "started", "completed")]
    await store(team("ENG"), team("OPS"), *states, project("A"), project("B"))
    group = await add_group("Engineering", "ENG")
    alice = await add_person("alice", is_admin=True)
    await add_person("bob", group)
    await grow_world(dice)
    before = await keep(alice)
    for _ in range(4):
        await draw_rules(dice, group)
        after = await keep(alice)
        for scope in (EVERYTHING, Scope((group,))):
            then, now = await kept_agendas.read_kept(scope, before), await kept_agendas.read_kept(scope, after)
            assert then
            assert now
            assert describe(then) == describe(now)
            assert list_told(then) == list_told(now)
