"""The place of the sample: who is in it, what they see, and what is left of it beside a real backlog."""

from datetime import date, timedelta

import pytest

from shareable_backlog import clock
from shareable_backlog.database import query
from shareable_backlog.database.access.sharing_settings import count_items
from shareable_backlog.services import invitations, meetings, sample_place, settings, usage
from shareable_backlog.services.access import viewer_groups
from shareable_backlog.services.access.sharing import Scope
from shareable_backlog.services.access.sign_in import SAMPLE_ADMIN
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.sync import sample

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def fill_place() -> None:
    await query(
        "INSERT INTO users (email, is_admin, is_approved) VALUES (%(email)s, true, true) ON CONFLICT DO NOTHING",
        {"email": SAMPLE_ADMIN},
    )
    await sample_place.fill_place()


async def list_emails() -> list[str]:
    return [email for (email,) in await query("SELECT email FROM users ORDER BY email")]


async def test_readers_see_a_part_of_the_sample_and_nothing_once_it_has_gone() -> None:
    await sample.load_sample()
    await fill_place()
    groups = {group.name: Scope((group.id,)) for group in await viewer_groups.list_groups()}
    assert set(groups) == {"Field staff", "Finance", "Customer office"}
    counts = {name: await count_items(scope) for name, scope in groups.items()}
    assert min(counts.values()) > 20
    await query("UPDATE backlog_items SET team_id = 'another'")
    assert [await count_items(scope) for scope in groups.values()] == [0, 0, 0]
    everybody = await query("SELECT count(*) FROM users WHERE sees_everything AND NOT is_admin")
    assert everybody == [(0,)]


async def test_use_an_invitation_and_somebody_who_waits_can_be_seen() -> None:
    await sample.load_sample()
    await fill_place()
    seen = await usage.read_usage()
    assert seen.people == 4 + 1  # the admin has chosen for them
    assert len(seen.most_read) == 5
    assert dict(seen.vain_searches) == {"Reverse charge": 2, "parking permit": 1}
    assert [one.email for one in await invitations.list_open()] == ["petra.vandermeer@sample.invalid"]
    assert await query("SELECT count(*) FROM users WHERE NOT is_approved AND access_note IS NOT NULL") == [(1,)]


async def test_what_its_readers_did_is_recorded_as_the_samples() -> None:
    await fill_place()
    acts = await query(
        "SELECT DISTINCT details ->> 'sample' FROM audit_logs WHERE action IN ('item.viewed', 'search.in_vain')"
    )
    assert acts == [("true",)]


async def test_it_is_filled_once_and_never_beside_other_people() -> None:
    await fill_place()
    before = await list_emails()
    await fill_place()
    assert await list_emails() == before
    await query("DELETE FROM users WHERE email <> %(admin)s", {"admin": SAMPLE_ADMIN})
    await query("INSERT INTO users (email) VALUES ('bob@example.com')")
    await fill_place()
    assert await list_emails() == [SAMPLE_ADMIN, "bob@example.com"]


async def test_where_a_group_is_there_already_nothing_is_added() -> None:
    await query("INSERT INTO viewer_groups (name) VALUES ('Another')")
    await fill_place()
    assert await list_emails() == [SAMPLE_ADMIN]
    assert [group.name for group in await viewer_groups.list_groups()] == ["Another"]


async def test_all_of_its_people_have_addresses_that_nobody_can_have() -> None:
    await fill_place()
    emails = await list_emails()
    assert len(emails) == 1 + 4 + 2
    assert all(email.endswith("@sample.invalid") for email in emails)


async def test_nobody_gets_a_mail() -> None:
    await fill_place()
    assert await query("SELECT count(*) FROM outgoing_mails") == [(0,)]


async def test_the_last_meeting_was_on_a_tuesday_five_days_ago_or_earlier() -> None:
    for day in range(1, 15):
        today = date(2026, 11, day)
        meeting = sample_place.find_meeting(today)
        assert f"{meeting:%A}" == "Tuesday"
        assert timedelta(days=5) <= today - meeting <= timedelta(days=11)


async def test_the_day_that_an_admin_chose_stays() -> None:
    await fill_place()
    before = await settings.read_settings()
    assert meetings.find_last_meeting(before, clock.read_time().date()) == before.meeting_first_day
    admin = Actor(None, SAMPLE_ADMIN, None, None)
    thursday = date(2026, 1, 8)
    await settings.save_meeting(
        admin, before.version, thursday, rank_order="priority", weekday=4, first_day=thursday, last_day=None
    )
    await fill_place()
    assert (await settings.read_settings()).meeting_first_day == thursday
