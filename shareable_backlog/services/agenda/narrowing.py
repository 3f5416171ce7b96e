"""Leave out of an agenda that was kept what may not be told any more."""

from collections.abc import Mapping, Sequence

from msgspec import structs
from msgspec.structs import replace

from shareable_backlog.database.agenda.shown_now import ShownNow
from shareable_backlog.services.agenda.agenda import AgendaItem, ItemMove, SumKind


def hide_names(item: AgendaItem, shown: ShownNow) -> AgendaItem:
    """Return a line without the names that are not to be read any more."""
    if item.state_id not in shown.state_ids:
        item = structs.replace(item, state_name=None, state_type=None, state_color=None, state_is_advanced=False)
    if item.project_id not in shown.project_ids:
        item = structs.replace(item, project=None)
    return item if shown.estimates else structs.replace(item, estimate=None)


def narrow_moves(
    moves: Mapping[str, Sequence[ItemMove]], items: Mapping[str, AgendaItem], shown: ShownNow
) -> Mapping[str, Sequence[ItemMove]]:
    """Return what of the moves may be told, by the ids of the items that may be shown; `items` are those with a line.

    A move is told if both of its ends may be: what a list that is compared with a day tells, too.
    """
    shown_ids, states, projects = set(shown.item_ids), {None, *shown.state_ids}, {None, *shown.project_ids}
    hidden = set(shown.hidden_project_ids)

    def is_told(move: ItemMove) -> bool:
        item = items.get(move.item_id)
        match move.field:
            case "state":
                return move.before_id in states and (item is None or item.state_id in states)
            case "project":
                return move.before_id not in hidden and (item is None or item.project_id in projects)
            case "estimate":
                return shown.estimates
            case _:
                return True

    def hide_project(move: ItemMove) -> ItemMove:
        is_unnamed = move.field == "project" and move.before_id not in projects
        return replace(move, before=None) if is_unnamed else move

    return {
        id_: [hide_project(one) for one in several if is_told(one)]
        for id_, several in moves.items()
        if id_ in shown_ids
    }


def narrow_sums(
    sums: Mapping[SumKind, Sequence[str]], moves: Mapping[str, Sequence[ItemMove]], shown: ShownNow
) -> dict[SumKind, Sequence[str]]:
    """Return the ids that are left of each sum; nothing moved of which no move is told."""
    shown_ids = set(shown.item_ids)
    left: dict[SumKind, Sequence[str]] = {
        kind: [id_ for id_ in ids if id_ in shown_ids] for kind, ids in sums.items()
    }
    ended = {*left["done"], *left.get("canceled", ())}  # which agendas that were kept before lack

    def is_moved(move: ItemMove) -> bool:
        return not move.is_slip and not (move.field == "state" and move.item_id in ended)

    left["moved"] = [id_ for id_ in left["moved"] if any(map(is_moved, moves.get(id_, ())))]
    return left
