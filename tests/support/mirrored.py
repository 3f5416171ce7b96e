"""Put rows into the mirror the way a sync does; what a test does not name has a plain value."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, LiteralString

from shareable_backlog.database import transaction
from shareable_backlog.database.access import label_offers
from shareable_backlog.database.mirror import mirror
from shareable_backlog.database.search import search_entries, update_entries
from shareable_backlog.streams.columns import MirrorRow
from shareable_backlog.streams.issues import AttachmentRow, CommentRow, ItemRelationRow, ItemRow
from shareable_backlog.streams.projects import CycleRow, PlanRow, ProjectRow, ProjectUpdate
from shareable_backlog.streams.workspace import CustomViewRow, LabelRow, PersonRow, TeamRow, WorkflowStateRow

_NO_HISTORY: Mapping[str, Any] = {name: [] for name in PlanRow.__struct_fields__ if name.endswith("_history")}

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)


def _row(kind: type[MirrorRow], id_: str, **fields: Any) -> Any:
    named: dict[str, Any] = {"id": id_, "created_at": NOON, "updated_at": NOON, **fields}
    return kind(**named)


def team(key: str, **fields: Any) -> TeamRow:
    return _row(TeamRow, f"team-{key}", **{"key": key, "name": f"Team {key}", "private": False, **fields})


def state(type_: str, *, team: str = "ENG", position: float = 0, **fields: Any) -> WorkflowStateRow:
    id_ = f"{team}-{type_}-{position:g}"
    return _row(
        WorkflowStateRow, id_, team_id=f"team-{team}", type=type_, **{"name": type_, "position": position, **fields}
    )


def label(name: str, **fields: Any) -> LabelRow:
    return _row(LabelRow, f"label-{name}", **{"name": name, "is_group": False, **fields})


def person(name: str, **fields: Any) -> PersonRow:
    return _row(PersonRow, f"person-{name}", **{"name": name, "active": True, **fields})


def project(name: str, **fields: Any) -> ProjectRow:
    plain: dict[str, Any] = {"name": name, "trashed": False, "label_ids": [], **_NO_HISTORY}
    return _row(ProjectRow, f"project-{name}", **{**plain, **fields})


def cycle(number: int, **fields: Any) -> CycleRow:
    return _row(CycleRow, "cycle", **{"number": number, **_NO_HISTORY, **fields})


def custom_view(name: str, filter_data: Any, **fields: Any) -> CustomViewRow:
    """Make a view of issues that is shared in Linear."""
    plain = {"name": name, "filter_data": filter_data, "shared": True, "model_name": "Issue"}
    return _row(CustomViewRow, f"view-{name}", **{**plain, **fields})


def update(number: int, of: ProjectRow, body: str = "All is well", **fields: Any) -> ProjectUpdate:
    """Make an update of a project that was written `number` minutes after noon."""
    plain = {"created_at": NOON + timedelta(minutes=number), "project_id": of.id, "body": body}
    return _row(ProjectUpdate, f"update-{number}", **{**plain, "is_diff_hidden": False, **fields})


def item(number: int, title: str = "A title", *, team: str = "ENG", **fields: Any) -> ItemRow:
    """Make an item that was updated `number` minutes after noon."""
    plain: dict[str, Any] = {
        "identifier": f"{team}-{number}",
        "number": number,
        "title": title,
        "priority": 0,
        "trashed": False,
        "label_ids": [],
        "previous_identifiers": [],
        "team_id": f"team-{team}",
        "updated_at": NOON + timedelta(minutes=number),
    }
    return _row(ItemRow, f"item-{team}-{number}", **{**plain, **fields})


def comment(number: int, of: ItemRow, body: str = "A comment", **fields: Any) -> CommentRow:
    """Make a comment that was written `number` minutes after noon."""
    written = {
        "created_at": NOON + timedelta(minutes=number),
        "issue_id": of.id,
        "body": body,
        "hide_in_linear": False,
    }
    return _row(CommentRow, f"comment-{number}", **{**written, **fields})


def relation(type_: str, one: ItemRow, other: ItemRow, **fields: Any) -> ItemRelationRow:
    """Make the relation that `one` has to `other`."""
    ends = {"type": type_, "issue_id": one.id, "related_issue_id": other.id}
    return _row(ItemRelationRow, f"{one.id}-{type_}-{other.id}", **{**ends, **fields})


def attachment(number: int, of: ItemRow, **fields: Any) -> AttachmentRow:
    """Make an attachment that was added `number` minutes after noon."""
    plain = {"created_at": NOON + timedelta(minutes=number), "issue_id": of.id, "title": f"Attachment {number}"}
    return _row(AttachmentRow, f"attachment-{number}", **{**plain, "url": "https://example.com/a", **fields})


async def store(*rows: MirrorRow, indexed: bool = True) -> None:
    """Store rows of any kinds; unless they are `indexed`, the search does not know their words yet.

    The teams of items come by themselves, as nothing is shown of a team that is not there.
    """
    keys = {row.team_id.removeprefix("team-") for row in rows if isinstance(row, ItemRow)}
    async with transaction() as one:
        plain = [team(key, updated_at=NOON - timedelta(days=900)) for key in sorted(keys)]
        await mirror.upsert_rows(one, TeamRow, plain, seen_at=NOON - timedelta(days=900))
    for kind, alike in groupby(sorted(rows, key=lambda row: type(row).__name__), type):
        async with transaction() as one:
            await mirror.upsert_rows(one, kind, list(alike), seen_at=datetime.now(UTC))
    # Whoever is about something else reads of every label, as in a backlog whose admin has let all through.
    await label_offers.offer_waiting()
    while indexed and await search_entries.refresh_entries(1_000) + await update_entries.refresh_entries(1_000):
        pass


async def fill_tables(*statements: LiteralString, **params: Any) -> None:
    """Make very many rows, however long that takes, and count what is in the tables: for tests marked `owner`."""
    async with transaction(within_s=60) as tx:
        for one in statements:
            await tx.query(one, params)
        await tx.query("ANALYZE")
