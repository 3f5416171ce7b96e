"""Answer `/changes`: what is new, moved, done and gone since somebody looked last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeAlias
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.backlog import changes
from shareable_backlog.services.backlog.changes import KINDS, Asked, Kind, Visit
from shareable_backlog.web import pagination

Words: TypeAlias = list[tuple[str, str]]

_LONGEST_TEXT = 200
_PERIODS = {"today": 0, "7d": 6, "30d": 29}
"""How many days before today one begins."""


@dataclass(frozen=True, slots=True)
class Since:
    """Say what is shown: since `at`; `word` is the period's, "" for what is new to the reader."""

    at: datetime
    word: str
    visit: Visit | None


async def show(request: Request) -> Response:
    """Show the changes of `team` (key) and each `kind`, `since` today, 7d, 30d, a day or a time, else the visit."""
    now, zone = datetime.now(UTC), auth.local(request).tzinfo
    words = _words(request)
    after = request.query_params.get("after")
    position = _position(after) if after else None
    since = await _since(request, dict(words).get("since", ""), now, zone)
    asked = Asked(since.at, _kinds(words), dict(words).get("team"))
    found = await changes.page(auth.visitor(request).scope, asked, position, now=now, zone=zone)
    kept = words if since.word else [("since", since.at.isoformat()), *words]
    next_after = found.next_after and pagination.encoded([found.next_after[0].isoformat(), found.next_after[1]])
    return auth.page(
        request,
        "changes.html",
        page=found,
        since=since,
        kinds=asked.kinds,
        team=asked.team_key or "",
        today=now.astimezone(zone).date(),
        is_first=position is None,
        is_shortened=found.since > since.at,
        periods=[
            (word, _address(_without(words, "since", ("since", word) if word else None))) for word in ("", *_PERIODS)
        ],
        toggles={kind: _address(_toggled(words, asked.kinds, kind)) for kind in KINDS},
        all_address=_address(_without(_without(words, "kind"), "team")),
        first_address=_address(kept),
        next_address=next_after and _address([*kept, ("after", next_after)]),
    )


async def mark_seen(request: Request) -> Response:
    """Note that all changes are seen; who views as somebody else changes nothing."""
    visitor = auth.visitor(request)
    if not visitor.viewing_as:
        await changes.mark_seen(visitor.user_id, datetime.now(UTC))
    return RedirectResponse("/changes", 303)


async def _since(request: Request, word: str, now: datetime, zone: tzinfo) -> Since:
    visitor = auth.visitor(request)
    # What an admin sees with another's eyes is not what either of them has seen.
    is_a_look = not visitor.viewing_as and "after" not in request.query_params
    visit = await changes.visit(visitor.user_id, now) if is_a_look else None
    if word:
        return Since(_beginning(word, now, zone), word, visit)
    return Since((visit and visit.mirrored) or now - changes.AT_FIRST, "", visit)


def _beginning(word: str, now: datetime, zone: tzinfo) -> datetime:
    """Give when a period begins. Raises InvalidInput for what is none."""
    if word in _PERIODS:
        today = now.astimezone(zone).date()
        return datetime.combine(today - timedelta(days=_PERIODS[word]), time.min, zone)
    try:
        if "T" not in word:
            return datetime.combine(date.fromisoformat(word), time.min, zone)
        at = datetime.fromisoformat(word)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("This page's address names no day. Choose one of the periods.") from None


def _position(word: str) -> tuple[datetime, str]:
    at, id_ = pagination.decoded(word, ("timestamptz",))
    return datetime.fromisoformat(str(at)), str(id_)


def _words(request: Request) -> Words:
    """Give what the query asks for, each kind once, without what is empty."""
    pairs = [
        (name, value.replace("\x00", "").strip()[:_LONGEST_TEXT])
        for name, value in request.query_params.multi_items()
        if name in ("since", "team", "kind")
    ]
    named = [(name, value.upper() if name == "team" else value) for name, value in dict.fromkeys(pairs) if value]
    return [(name, value) for name, value in named if name != "kind" or value in KINDS]


def _kinds(words: Words) -> tuple[Kind, ...]:
    """Give the kinds that are asked for; all when none is."""
    named = {value for name, value in words if name == "kind"}
    return tuple(kind for kind in KINDS if kind in named) or KINDS


def _toggled(words: Words, kinds: Sequence[Kind], kind: Kind) -> Words:
    """Give the words of the page with one kind more or less; the first one that is chosen leaves it alone."""
    chosen = () if kinds == KINDS else kinds
    wanted = [one for one in KINDS if (one in chosen) != (one == kind)]
    others = _without(words, "kind")
    return others if len(wanted) == len(KINDS) else [*others, *(("kind", one) for one in wanted)]


def _without(words: Words, name: str, instead: tuple[str, str] | None = None) -> Words:
    others = [(key, value) for key, value in words if key != name]
    return [instead, *others] if instead else others


def _address(words: Words) -> str:
    return f"/changes?{urlencode(words)}" if words else "/changes"
