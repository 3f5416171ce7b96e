"""Keep the agenda of a meeting as it is now, for all who read it later, and show of it what they may see by then."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database import Transaction, transaction
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.agenda import kept_agendas, shown_now
from shareable_backlog.database.agenda.kept_agendas import KeptAgenda
from shareable_backlog.database.agenda.shown_now import ShownNow
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.errors import Conflict, NotAllowed, NotFound
from shareable_backlog.services.agenda import agenda, narrowing
from shareable_backlog.services.agenda.agenda import (
    MOST_IDS,
    Agenda,
    AgendaItem,
    AgendaSection,
    AgendaSizes,
    AgendaSum,
    ItemMove,
    RiskyProject,
    SectionName,
    SumKind,
)
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.backlog.comparison import Comparison

__all__ = ["KeptAgenda"]

MOST_SCOPES = 30
"""For so many ways to see the backlog an agenda is kept, the own one first, then those of most people."""

_MOST_LISTED = 500
_SIZES = AgendaSizes(items=25, ranked=40)
_KEY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.([1-9][0-9]{0,4}))?")
_GONE = "There is no kept page of that day. It may have been deleted."


class KeptSum(Struct, frozen=True):
    """The items of a sum, `is_cut` when there were more."""

    kind: SumKind
    item_ids: Sequence[str]
    is_cut: bool


class KeptSection(Struct, frozen=True):
    """A section as it was."""

    name: SectionName
    sums: Sequence[KeptSum]
    items: Sequence[AgendaItem]


class KeptContent(Struct, frozen=True, kw_only=True):
    """What a scope saw: the document that is stored. `…_ids` are the first by rank, then and on the day before."""

    sections: Sequence[KeptSection]
    projects: Sequence[RiskyProject]
    ranked_ids: Sequence[str]
    past_ranked_ids: Sequence[str]
    moves: Mapping[str, Sequence[ItemMove]]


def format_key(kept: KeptAgenda) -> str:
    """Return how an address names a kept agenda: by its day, and its number if it is not the first."""
    return _format_key(kept.day, kept.number)


async def list_kept() -> Sequence[KeptAgenda]:
    """Return the agendas that were kept, the latest first."""
    return await kept_agendas.list_kept(_MOST_LISTED)


async def find_kept(key: str) -> KeptAgenda:
    """Return the kept agenda of an address. Raises NotFound."""
    found = await kept_agendas.find_kept(*_parse_key(key))
    if found is None:
        raise NotFound(_GONE)
    return found


async def keep_agenda(actor: Actor, now: datetime, since: datetime, *, may_keep: bool) -> str:
    """Keep the agenda as each of up to 30 scopes sees it now, and return its key. Raises NotAllowed, Conflict."""
    if not may_keep or actor.user_id is None:
        raise NotAllowed("Only admins and team members can keep this page. Nothing was changed.")
    async with transaction() as tx:
        await _refuse_soon_after(tx)
    scopes = await kept_agendas.list_scopes(actor.user_id, MOST_SCOPES)
    contents = {scope: await _build_content(scope, now, since) for scope in scopes}
    async with transaction() as tx:
        await _refuse_soon_after(tx)
        kept_id, number = await kept_agendas.add_kept(tx, now.date(), since.date(), actor.user_id)
        await kept_agendas.add_contents(tx, kept_id, contents)
        key = _format_key(now.date(), number)
        await audit_actions.record(
            tx,
            actor,
            Action.AGENDA_KEPT,
            resource="agenda",
            resource_id=key,
            details={"name": key, "compared_with": since.date().isoformat(), "ways_to_see_it": len(contents)},
        )
    return key


async def delete_kept(actor: Actor, key: str) -> None:
    """Delete a kept agenda for everybody. Raises NotFound."""
    day, number = _parse_key(key)
    async with transaction() as tx:
        if not await kept_agendas.delete_kept(tx, day, number):
            raise NotFound(_GONE)
        name = _format_key(day, number)
        await audit_actions.record(
            tx, actor, Action.AGENDA_DELETED, resource="agenda", resource_id=name, details={"name": name}
        )


async def read_kept(scope: Scope, kept: KeptAgenda) -> Agenda | None:
    """Return an agenda as it was kept for a scope, of which it may see all that is left now; None: it was not kept.

    What is hidden or gone since is in no line and no number, and what stood behind it moves up.
    """
    text = await kept_agendas.find_content(kept.id, scope)
    if text is None:
        return None
    content = msgspec.json.decode(text, type=KeptContent)
    items = [item for section in content.sections for item in section.items]
    moves = [move for several in content.moves.values() for move in several]
    ids = {id_ for one in _list_sums(content) for id_ in one.item_ids}
    shown = await shown_now.read_shown_now(
        scope,
        item_ids=[*ids, *content.ranked_ids],
        ranked_ids=[*content.ranked_ids, *content.past_ranked_ids],
        state_ids=_list_ids([item.state_id for item in items], "state", moves),
        project_ids=_list_ids([item.project_id for item in items], "project", moves),
        listed_project_ids=[one.id for one in content.projects],
    )
    return _narrow(content, shown)


async def _refuse_soon_after(tx: Transaction) -> None:
    if await kept_agendas.has_recent(tx):
        raise Conflict("This page was kept less than a minute ago. That one stays; wait a minute to keep another.")


async def _build_content(scope: Scope, now: datetime, since: datetime) -> str:
    """Return an agenda as the document that is stored, without what is another's to be told or hidden later."""
    found = await agenda.build_agenda(scope, now, since, _SIZES)
    sums = {one.kind: one for section in found.sections for one in section.sums}
    # Whether an item moved at all depends on what of its moves may be told.
    moves = await agenda.list_moves(scope, sums["moved"].item_ids, since)
    content = KeptContent(
        sections=[
            KeptSection(
                section.name,
                [
                    KeptSum(one.kind, () if one.kind == "open" else one.item_ids, one.is_cut or one.count > MOST_IDS)
                    for one in section.sums
                ],
                [
                    msgspec.structs.replace(
                        item, team=None, assignee=None, labels=[], milestone=None, cycle_number=None
                    )
                    for item in section.items
                ],
            )
            for section in found.sections
        ],
        projects=[replace(one, open=None, word=None) for one in found.projects],
        ranked_ids=list(found.ranks),
        past_ranked_ids=list(found.compared.past_ranks),
        moves={**found.compared.moves, **moves},
    )
    return msgspec.json.encode(content).decode()


def _narrow(content: KeptContent, shown: ShownNow) -> Agenda:
    """Return what is left of a document."""
    items = {item.id: item for section in content.sections for item in section.items}
    moves = narrowing.narrow_moves(content.moves, items, shown)
    left = narrowing.narrow_sums({one.kind: one.item_ids for one in _list_sums(content)}, moves, shown)
    left["open"] = [id_ for id_ in content.ranked_ids if id_ in set(shown.item_ids)]

    def narrow_sum(one: KeptSum) -> AgendaSum:
        ids = left[one.kind]
        return AgendaSum(
            kind=one.kind, filters=Filters(), count=len(ids), most=MOST_IDS, is_cut=one.is_cut, item_ids=ids
        )

    return Agenda(
        sections=[
            AgendaSection(
                section.name,
                [narrow_sum(one) for one in section.sums],
                [
                    narrowing.hide_names(item, shown)
                    for item in section.items
                    if any(item.id in left[one.kind] for one in section.sums)
                ],
            )
            for section in content.sections
        ],
        projects=[one for one in content.projects if one.id in shown.listed_project_ids],
        ranks=_number_ids(content.ranked_ids, set(shown.ranked_ids)),
        compared=Comparison(None, None, moves, _number_ids(content.past_ranked_ids, set(shown.ranked_ids))),
    )


def _list_sums(content: KeptContent) -> list[KeptSum]:
    return [one for section in content.sections for one in section.sums]


def _number_ids(ids: Sequence[str], shown: Collection[str]) -> Mapping[str, int]:
    return {id_: place for place, id_ in enumerate((id_ for id_ in ids if id_ in shown), 1)}


def _list_ids(own: Sequence[str | None], field: str, moves: Sequence[ItemMove]) -> list[str]:
    return [id_ for id_ in {*own, *(one.before_id for one in moves if one.field == field)} if id_]


def _format_key(day: date, number: int) -> str:
    return day.isoformat() if number == 1 else f"{day.isoformat()}.{number}"


def _parse_key(key: str) -> tuple[date, int]:
    found = _KEY.fullmatch(key)
    try:
        if found is not None:
            return date.fromisoformat(found[1]), int(found[2] or 1)
    except ValueError:
        pass
    raise NotFound(_GONE)
