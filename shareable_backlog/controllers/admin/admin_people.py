"""Answer `/admin/people` and below: who waits, who may come in, and what an admin decides of them."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import scope_form
from shareable_backlog.controllers.admin.scope_form import ScopeForm, ScopeText
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.services.access import approvals, people, sessions, user_pages, user_scopes
from shareable_backlog.services.access.approvals import Decision, Grant
from shareable_backlog.services.access.lookalikes import Lookalike, find_lookalikes
from shareable_backlog.services.access.people import ListedUser, PeoplePage, UserFilters, UserRow, ViewerGroup
from shareable_backlog.services.access.sessions import CurrentUser, ListedSession, SessionLimits
from shareable_backlog.services.access.sharing import Scope
from shareable_backlog.services.account import passkeys
from shareable_backlog.services.account.passkeys import ListedPasskey
from shareable_backlog.vocabulary import PageName
from shareable_backlog.web import params
from shareable_backlog.web.fields import Day, Email, Id, LongId, Otherwise, SearchText, Text, Ticked, TimeAndId
from shareable_backlog.web.formats import csv_lines

_STATES = ("pending", "active", "expired", "disabled", "declined")
_COLUMNS = (
    "mail",
    "name",
    "state",
    "admin",
    "team_member",
    "sees_everything",
    "groups",
    "access_until",
    "created",
    "approved",
    "last_seen",
)


class PeopleFilter(Struct, frozen=True):
    """What the list of people is narrowed to; `never` is for who was never seen.

    `sees` finds who sees everything, who sees nothing, or who is in a group.
    """

    q: SearchText = ""
    state: SearchText = ""
    sees: ScopeText | None = None
    never: Ticked = False


class PeopleQuery(PeopleFilter, frozen=True, kw_only=True):
    """Which page of that list, and what a notice says was done, for how many people, and for how many not."""

    after: TimeAndId | None = None
    notice: str = ""
    done: Id = 0
    left: Id = 0


class PersonPath(Struct, frozen=True):
    """Whose page it is."""

    user_id: Annotated[Id, Otherwise(NotFound, "There is no such person. Look for them in the list of people.")]


class PersonSessionPath(PersonPath, frozen=True):
    """One session of a person."""

    session_id: Annotated[LongId, Otherwise(NotFound, "There is no such session.")]


class DecisionForm(ScopeForm, frozen=True, kw_only=True):
    """What is decided of whom; `back` is "person" when it was asked on a person's own page."""

    decision: Decision
    user: tuple[Id, ...] = ()
    reason: Text = ""
    last_day: Day | None = None
    back: str = ""


class NewPersonForm(ScopeForm, frozen=True, kw_only=True):
    """Who is added, and what they see."""

    email: Email
    name: Text = ""


class PersonForm(ScopeForm, frozen=True, kw_only=True):
    """What is changed of a person; what they see stays as it is unless something else than it `was` is chosen."""

    name: Text = ""
    was: ScopeText | None = None
    last_day: Day | None = None


class PagesForm(Struct, frozen=True):
    """The pages that a person may use; all others are switched off."""

    page: tuple[PageName, ...] = ()


class DeletionForm(Struct, frozen=True):
    """The mail address that was typed to delete somebody."""

    email: Text = ""


class PeopleContext(Struct, frozen=True, kw_only=True):
    """The page of all people: who waits, and one page of the list, with the addresses around it.

    `sees` is what its filter of that name says.
    """

    page: PeoplePage
    params: PeopleQuery
    sees: str
    is_narrowed: bool
    states: tuple[str, ...]
    is_first: bool
    first_address: str
    next_address: str | None
    export_address: str


class PersonContext(Struct, frozen=True, kw_only=True):
    """The page of one person; `last_day` is the last one on which they may come in.

    `was` says what they were given to see; `lookalike` is None when the address is what it looks like.
    """

    user: UserRow
    groups: list[ViewerGroup]
    offered: Scope
    was: str
    sessions: list[ListedSession]
    passkeys: list[ListedPasskey]
    last_day: str | None
    lookalike: Lookalike | None


async def show_people(request: Request, query: PeopleQuery) -> Response:
    """Show who waits, and 50 people from the position `after` on; `q`, `state`, `sees` and `never` narrow it."""
    found = await people.list_people(_parse_filters(query), query.after)
    narrowed = PeopleQuery(q=query.q, state=query.state, sees=query.sees, never=query.never)
    context = PeopleContext(
        page=found,
        params=query,
        sees="" if query.sees is None else scope_form.write_scope(query.sees),
        is_narrowed=narrowed != PeopleQuery(),
        states=_STATES,
        is_first=query.after is None,
        first_address=params.build_url("/admin/people", narrowed),
        next_address=found.next_after
        and params.build_url("/admin/people", replace(narrowed, after=found.next_after)),
        export_address=params.build_url("/admin/people.csv", narrowed),
    )
    return auth.render_page(request, "admin/people.html", context)


async def export_people(request: Request, query: PeopleFilter) -> Response:
    """Send everybody whom the filter of `show_people` finds, as CSV."""
    parts = await people.export_people(auth.read_actor(request), _parse_filters(query))
    return StreamingResponse(
        _write_csv(parts, auth.require_user(request), auth.read_config(request).limits),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="people.csv"'},
    )


async def carry_out_decision(request: Request, form: DecisionForm) -> Response:
    """Carry out a decision for everybody who was chosen in the form, and tell for how many it could be."""
    if not form.user:
        raise InvalidInput("Nobody was selected, so nothing was changed. Tick a name first.")
    outbox = auth.read_config(request).sign_in.outbox
    scope = user_scopes.require_scope(scope_form.parse_scope(form)) if form.decision == "approve" else None
    grant = scope and Grant(scope, _parse_last_day(form.last_day))
    decided = await approvals.carry_out_decision(
        outbox, auth.read_actor(request), form.user, form.decision, form.reason, grant
    )
    if form.decision in ("disable", "demote") and auth.require_user(request).user_id in form.user:
        return RedirectResponse("/", 303)
    notice = "left"
    if decided.done:
        notice = "approve-nothing" if grant and grant.scope.is_nothing else form.decision
    told = PeopleQuery(notice=notice, done=len(decided.done), left=len(decided.left))
    back = f"/admin/people/{form.user[0]}" if form.back == "person" else "/admin/people"
    return RedirectResponse(params.build_url(back, told), 303)


async def add_person(request: Request, form: NewPersonForm) -> Response:
    """Add a person who is approved before the first sign-in."""
    outbox, scope = auth.read_config(request).sign_in.outbox, scope_form.parse_scope(form)
    user_id = await approvals.create_person(
        auth.read_actor(request), form.email, form.name or None, scope=scope, outbox=outbox
    )
    return RedirectResponse(f"/admin/people/{user_id}?notice=created", 303)


async def show_person(request: Request, path: PersonPath) -> Response:
    """Show one person, where they are signed in, and what can be decided."""
    page = await people.read_person(path.user_id)
    user = page.user
    context = PersonContext(
        user=user,
        groups=page.groups,
        offered=page.offered,
        was=scope_form.write_scope(user.scope),
        sessions=await sessions.list_sessions(user.id, auth.read_config(request).limits),
        passkeys=await passkeys.list_passkeys(user.id),
        last_day=user.access_until and (user.access_until - timedelta(seconds=1)).date().isoformat(),
        lookalike=(await find_lookalikes({user.id: user.claimed_email or user.email})).get(user.id),
    )
    return auth.render_page(request, "admin/person.html", context)


async def update_person(request: Request, path: PersonPath, form: PersonForm) -> Response:
    """Change a person's name, what they see and their last day."""
    await approvals.update_person(
        auth.read_actor(request),
        path.user_id,
        display_name=form.name,
        access_until=_parse_last_day(form.last_day),
        scope=scope_form.parse_scope(form),
        was=form.was,
        outbox=auth.read_config(request).sign_in.outbox,
    )
    return RedirectResponse(f"/admin/people/{path.user_id}?notice=changed", 303)


async def save_pages(request: Request, path: PersonPath, form: PagesForm) -> Response:
    """Let a person use some pages alone."""
    await user_pages.save_pages(auth.read_actor(request), path.user_id, form.page)
    return RedirectResponse(f"/admin/people/{path.user_id}?notice=changed", 303)


async def delete_person(request: Request, path: PersonPath, form: DeletionForm) -> Response:
    """Delete a person whose mail address was typed."""
    await approvals.delete_person(auth.read_actor(request), path.user_id, form.email)
    is_own = auth.require_user(request).user_id == path.user_id
    return RedirectResponse("/" if is_own else "/admin/people?notice=deleted", 303)


async def end_session(request: Request, path: PersonSessionPath) -> Response:
    """End one of a person's sessions."""
    await sessions.revoke_session(auth.read_actor(request), path.user_id, path.session_id)
    return RedirectResponse(f"/admin/people/{path.user_id}?notice=ended", 303)


async def remove_passkeys(request: Request, path: PersonPath) -> Response:
    """Remove all of a person's passkeys, as when a device was lost."""
    outbox = auth.read_config(request).sign_in.outbox
    await passkeys.remove_passkeys(outbox, auth.read_actor(request), path.user_id)
    return RedirectResponse(f"/admin/people/{path.user_id}?notice=passkeys-removed", 303)


async def start_viewing_as(request: Request, path: PersonPath) -> Response:
    """Show the backlog as this person sees it, until the admin has seen enough."""
    await approvals.set_view_as(auth.read_actor(request), auth.require_user(request), path.user_id)
    return RedirectResponse("/", 303)


async def stop_viewing_as(request: Request) -> Response:
    """Show the backlog as the admin sees it again."""
    await approvals.set_view_as(auth.read_actor(request), auth.require_user(request), None)
    return RedirectResponse("/admin/people", 303)


async def _write_csv(
    parts: AsyncGenerator[list[ListedUser]], user: CurrentUser, limits: SessionLimits
) -> AsyncGenerator[str]:
    """Yield the lines of CSV for as long as the visitor may see them."""
    yield csv_lines.write_lines([_COLUMNS])
    async for part in parts:
        if not await sessions.is_alive(user, limits):
            return
        yield csv_lines.write_lines(_build_cells(one) for one in part)


def _build_cells(person: ListedUser) -> tuple[object, ...]:
    times = (person.access_until, person.created_at, person.approved_at, person.last_access_at)
    told = (at and at.astimezone(UTC).isoformat(timespec="seconds") for at in times)
    return (
        person.email,
        person.display_name,
        person.state,
        "yes" if person.is_admin else "no",
        "yes" if person.is_team_member else "no",
        "yes" if person.sees_everything else "no",
        ", ".join(person.groups),
        *told,
    )


def _parse_filters(asked: PeopleFilter) -> UserFilters:
    return UserFilters(asked.q or None, asked.state or None, asked.never, asked.sees)


def _parse_last_day(day: date | None) -> datetime | None:
    """Return the end of a day in UTC; None when there is none."""
    return day and datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
