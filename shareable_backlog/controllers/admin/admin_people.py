"""Answer `/admin/people` and below: who waits, who may come in, and what an admin decides of them."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from shareable_backlog.config.values import email as read_email
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import sharing_form
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.services.access import approvals, people, sessions
from shareable_backlog.services.access.approvals import Decision, Grant
from shareable_backlog.services.access.people import ListedUser, UserFilters
from shareable_backlog.services.access.sessions import Visitor
from shareable_backlog.web import pagination
from shareable_backlog.web.formats import csv_lines
from shareable_backlog.web.forms import Form

_LONGEST_TEXT = 200
_STATES = ("pending", "active", "expired", "disabled", "declined")
_DECISIONS = ("approve", "decline", "disable", "restore", "promote", "demote")
_LAST_YEAR = 9000
_COLUMNS = ("mail", "name", "state", "admin", "group", "access_until", "created", "approved", "last_seen")


async def show(request: Request) -> Response:
    """Show who waits, and 50 people from the position `after` on; `q`, `state` and `never` narrow the list."""
    words = _words(request)
    after = request.query_params.get("after")
    found = await people.page(_filters(words), _position(after) if after else None)
    more = found.next_after and pagination.encoded_time(*found.next_after)
    return auth.page(
        request,
        "admin_people.html",
        page=found,
        words=words,
        states=_STATES,
        is_first=not after,
        first_address=_address("/admin/people", words),
        next_address=more and _address("/admin/people", words | {"after": more}),
        export_address=_address("/admin/people.csv", words),
        done=_count(request, "done"),
        left=_count(request, "left"),
    )


async def export(request: Request) -> Response:
    """Send everybody whom the filter of `show` finds, as CSV."""
    parts = await people.export(auth.actor(request), _filters(_words(request)))
    return StreamingResponse(
        _csv(parts, auth.visitor(request)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="people.csv"'},
    )


async def decide(request: Request) -> Response:
    """Carry out a decision for everybody who was chosen in the form, and tell for how many it could be."""
    form = request.state.form
    chosen = [sharing_form.number(value) for value in form.getlist("user")]
    if not chosen:
        raise InvalidInput("Nobody was chosen, so nothing was changed. Tick a name first.")
    decision = _decision(form.get("decision", ""))
    outbox = auth.access(request).entrance.outbox
    grant = Grant(_end_of(form.get("last_day", "").strip()), _group(form)) if decision == "approve" else None
    decided = await approvals.decide(outbox, auth.actor(request), chosen, decision, form.get("reason"), grant)
    if decision in ("disable", "demote") and auth.visitor(request).user_id in chosen:
        return RedirectResponse("/", 303)
    counts = {"done": len(decided.done), "left": len(decided.left)}
    told = {"notice": decision if decided.done else "left"} | {name: str(n) for name, n in counts.items() if n}
    back = f"/admin/people/{chosen[0]}" if form.get("back") == "person" else "/admin/people"
    return RedirectResponse(_address(back, told), 303)


async def add(request: Request) -> Response:
    """Add a person who is approved before the first sign-in."""
    try:
        email = read_email(request.state.form.get("email", "").strip())
    except ValueError:
        raise InvalidInput("That is no mail address. Nothing was changed.") from None
    user_id = await approvals.create(auth.actor(request), email, request.state.form.get("name", "").strip() or None)
    return RedirectResponse(f"/admin/people/{user_id}?notice=created", 303)


async def show_person(request: Request) -> Response:
    """Show one person, where they are signed in, and what can be decided."""
    user, groups = await people.person(_user_id(request))
    return auth.page(
        request,
        "admin_person.html",
        user=user,
        groups=groups,
        sessions=await sessions.of_user(user.id, auth.access(request).limits),
        last_day=user.access_until and (user.access_until - timedelta(seconds=1)).date().isoformat(),
    )


async def change(request: Request) -> Response:
    """Change a person's name, group and last day."""
    form, user_id = request.state.form, _user_id(request)
    await approvals.change(
        auth.actor(request),
        user_id,
        display_name=form.get("name", ""),
        access_until=_end_of(form.get("last_day", "").strip()),
        viewer_group_id=_group(form),
    )
    return RedirectResponse(f"/admin/people/{user_id}?notice=changed", 303)


async def delete(request: Request) -> Response:
    """Delete a person whose mail address was typed."""
    user_id = _user_id(request)
    await approvals.delete(auth.actor(request), user_id, request.state.form.get("email", ""))
    is_own = auth.visitor(request).user_id == user_id
    return RedirectResponse("/" if is_own else "/admin/people?notice=deleted", 303)


async def end_session(request: Request) -> Response:
    """End one of a person's sessions."""
    session_id = sharing_form.number(request.path_params["session_id"])
    await sessions.revoke(auth.actor(request), _user_id(request), session_id)
    return RedirectResponse(f"/admin/people/{_user_id(request)}?notice=ended", 303)


async def view_as(request: Request) -> Response:
    """Show the backlog as this person sees it, until the admin has seen enough."""
    await approvals.view_as(auth.actor(request), auth.visitor(request), _user_id(request))
    return RedirectResponse("/", 303)


async def stop_viewing_as(request: Request) -> Response:
    """Show the backlog as the admin sees it again."""
    await approvals.view_as(auth.actor(request), auth.visitor(request), None)
    return RedirectResponse("/admin/people", 303)


async def _csv(parts: AsyncGenerator[list[ListedUser]], visitor: Visitor) -> AsyncGenerator[str]:
    """Give the lines of CSV for as long as the visitor may see them."""
    yield csv_lines.lines([_COLUMNS])
    async for part in parts:
        if not await sessions.is_alive(visitor):
            return
        yield csv_lines.lines(_cells(one) for one in part)


def _cells(one: ListedUser) -> tuple[object, ...]:
    times = (one.access_until, one.created_at, one.approved_at, one.last_access_at)
    told = (at and at.astimezone(UTC).isoformat(timespec="seconds") for at in times)
    return (one.email, one.display_name, one.state, "yes" if one.is_admin else "no", one.viewer_group, *told)


def _words(request: Request) -> dict[str, str]:
    given = {name: request.query_params.get(name, "") for name in ("q", "state", "never")}
    cleaned = {name: value.replace("\x00", "").strip()[:_LONGEST_TEXT] for name, value in given.items()}
    return {name: value for name, value in cleaned.items() if value}


def _filters(words: dict[str, str]) -> UserFilters:
    return UserFilters(words.get("q"), words.get("state"), "never" in words)


def _position(after: str) -> tuple[datetime, int]:
    at, user_id = pagination.decoded_time(after)
    return at, sharing_form.number(user_id)


def _user_id(request: Request) -> int:
    try:
        return sharing_form.number(request.path_params["user_id"])
    except InvalidInput:
        raise NotFound("There is no such person. Look for them in the list of people.") from None


def _decision(word: str) -> Decision:
    if word not in _DECISIONS:
        raise InvalidInput("The form was not complete, so nothing was changed. Load the page anew.")
    return word


def _group(form: Form) -> int | None:
    given = form.get("group", "")
    return sharing_form.number(given) if given else None


def _count(request: Request, name: str) -> int:
    """Give a number that the notice tells; 0 when there is none."""
    given = request.query_params.get(name, "")
    return sharing_form.number(given) if given else 0


def _end_of(text: str) -> datetime | None:
    """Give the end of a day in UTC; None when none was given. Raises InvalidInput."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.year > _LAST_YEAR:
        raise InvalidInput("A date has to look like 2026-01-31. Nothing was changed.")
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _address(path: str, words: dict[str, str]) -> str:
    return path + (f"?{urlencode(words)}" if words else "")
