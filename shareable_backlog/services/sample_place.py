"""Let the place of the sample backlog look used: people, groups, an invitation, the day of the meeting.

Its people are made up: nobody can sign in by their addresses, and its readers see teams of the sample alone, so
nothing once a real backlog takes its place.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from shareable_backlog import clock
from shareable_backlog.database import settings, transaction
from shareable_backlog.database.access import user_list, users
from shareable_backlog.database.access.sharing import Scope, SharingChoice
from shareable_backlog.database.access.user_list import UserFilters
from shareable_backlog.database.account import seen_marks
from shareable_backlog.database.account.seen_marks import SeenMark
from shareable_backlog.services import invitations
from shareable_backlog.services.access import approvals, sessions, viewer_groups
from shareable_backlog.services.access.sign_in import SAMPLE_ADMIN
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import NO_MAILS

_TUESDAY = 1
_SINCE_THE_MEETING = timedelta(days=5)
"""What moves in the sample moved within these days, so after the last meeting."""
_SEEN_BEFORE = timedelta(days=2)

_GROUPS: Mapping[str, Sequence[str]] = {
    "Field staff": ("sample-team-fld", "sample-team-pln"),
    "Finance": ("sample-team-sal",),
    "Customer office": ("sample-team-sal", "sample-team-ops"),
}
_READERS: Mapping[str, tuple[str, str]] = {
    "anna.lindqvist@sample.invalid": ("Anna Lindqvist", "Field staff"),
    "tomas.okonkwo@sample.invalid": ("Tomas Okonkwo", "Field staff"),
    "miriam.delacroix@sample.invalid": ("Miriam Delacroix", "Finance"),
    "jonas.pereira@sample.invalid": ("Jonas Pereira", "Customer office"),
}
_READ: Mapping[str, Sequence[str]] = {
    "anna.lindqvist@sample.invalid": ("FLD-327", "FLD-440", "PLN-274"),
    "tomas.okonkwo@sample.invalid": ("FLD-327", "FLD-460"),
    "miriam.delacroix@sample.invalid": ("SAL-155", "SAL-173", "SAL-183"),
    "jonas.pereira@sample.invalid": ("SAL-155", "SAL-183", "OPS-325"),
}
_SEARCHED_IN_VAIN: Mapping[str, Sequence[str]] = {
    "miriam.delacroix@sample.invalid": ("reverse charge",),
    "jonas.pereira@sample.invalid": ("parking permit", "Reverse charge"),
}
_INVITED = "petra.vandermeer@sample.invalid"
_NOTE = "We decide on Tuesday at ten. Please look at the first ten before."
_WAITING = (
    "lukas.brandt@sample.invalid",
    "Lukas Brandt",
    "I answer the hotline in the north, and callers ask what is planned.",
)


async def fill_place() -> None:
    """Set the meeting to the Tuesday five to eleven days ago, and add people unless there are some, or groups.

    Nobody gets a mail. What they did is recorded as the sample's. Raises BacklogError.
    """
    await settings.begin_meetings(find_meeting(clock.read_time().date()))
    people = await user_list.list_users(UserFilters(), None, 2)
    if [one.email for one in people] != [SAMPLE_ADMIN] or await viewer_groups.list_groups():
        return
    admin = Actor(people[0].id, SAMPLE_ADMIN, None, None)
    await seen_marks.begin_mark(people[0].id, SeenMark(clock.read_time() - _SEEN_BEFORE, ()))
    group_ids = {name: await _create_group(admin, name, teams) for name, teams in _GROUPS.items()}
    for email, (name, group) in _READERS.items():
        user_id = await approvals.create_person(admin, email, name, scope=Scope((group_ids[group],)))
        await _record_visit(Actor(user_id, email, None, None))
    await invitations.invite_people(
        NO_MAILS, admin, [_INVITED], scope=Scope((group_ids["Finance"],)), access_until=None, note=_NOTE
    )
    await _let_wait(*_WAITING)


def find_meeting(today: date) -> date:
    """Return the latest Tuesday before all that moves in the sample."""
    day = today - _SINCE_THE_MEETING
    return day - timedelta(days=(day.weekday() - _TUESDAY) % 7)


async def _create_group(admin: Actor, name: str, teams: Sequence[str]) -> int:
    group_id = await viewer_groups.create_group(admin, name)
    choices = [SharingChoice("team", team, is_shown=True) for team in teams]
    await viewer_groups.update_rules(admin, group_id, choices)
    return group_id


async def _record_visit(reader: Actor) -> None:
    """Record that a reader came, looked at items and searched for what is not there."""
    assert reader.user_id and reader.email  # noqa: S101, PT018 (added a moment ago)
    async with transaction() as tx:
        await sessions.create_session(tx, reader.user_id, "link", reader)
        for identifier in _READ[reader.email]:
            await audit_actions.record(
                tx,
                reader,
                Action.ITEM_VIEWED,
                resource="backlog_item",
                resource_id=identifier,
                details={"sample": True},
            )
        for text in _SEARCHED_IN_VAIN.get(reader.email, ()):
            await audit_actions.record(tx, reader, Action.SEARCH_IN_VAIN, details={"q": text, "sample": True})


async def _let_wait(email: str, name: str, note: str) -> None:
    async with transaction() as tx:
        await users.add_user(tx, email, name)
        user = await users.find_by_email(tx, email)
        assert user is not None  # noqa: S101 (added a moment ago)
        await users.set_access_note(tx, user.id, note)
