"""Ask for lists in the words of an address, and as a viewer group sees them."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog.selection.item_orders import Position
from shareable_backlog.services.backlog import filters, item_pages, layouts
from shareable_backlog.services.backlog.item_pages import GroupedPage, ItemQuery, ListPage
from shareable_backlog.services.backlog.news import News
from shareable_backlog.streams.projects import ProjectMilestoneRow
from shareable_backlog.streams.releases import ItemReleaseRow, ReleaseRow
from tests.support.mirrored import NOON, cycle, item, label, person, project, state, store, team

APOLLO, BOB = "project-Apollo", "person-Bob"
LATER = NOON + timedelta(days=9_999)
TODAY = datetime(2026, 2, 6, 15, tzinfo=UTC)
LAST_MEETING = NOON - timedelta(days=9)


def parse_query(words: str) -> ItemQuery:
    """Read what is asked for by the query of an address, latest update first where neither it nor a search orders."""
    pairs = parse_qsl(words, keep_blank_values=True)
    narrowed, order = filters.parse_filters(pairs), layouts.parse_layout(pairs).order
    return ItemQuery(narrowed, order or (None if narrowed.text else "updated"), TODAY, News(LAST_MEETING))


async def read_page(
    words: str, scope: Scope | None = None, after: Position | None = None, limit: int = 50
) -> ListPage:
    """Return one page of the list."""
    return await item_pages.list_items(scope or EVERYTHING, parse_query(words), after, limit)


async def identifiers(words: str, scope: Scope | None = None, after: Position | None = None) -> list[str]:
    """Return the identifiers of one page of the list."""
    return [one.identifier for one in (await read_page(words, scope, after)).items]


async def read_groups(words: str, scope: Scope | None = None, *, skip: int = 0, first: int = 3) -> GroupedPage:
    """Return the groups of one page."""
    shape = layouts.parse_layout(parse_qsl(words, keep_blank_values=True))
    assert shape.group is not None
    assert shape.group != "none"
    selection = await item_pages.select_for_groups(scope or EVERYTHING, parse_query(words))
    return await item_pages.list_groups(selection, shape.group, closed=shape.closed, skip=skip, first=first)


async def groups(words: str, scope: Scope | None = None) -> dict[str | None, tuple[int, list[str]]]:
    """Return the names of the groups of one page, each with its count and the identifiers of its first items."""
    found = await read_groups(words, scope)
    return {one.group.value: (one.count, [line.identifier for line in one.items]) for one in found.groups}


async def make_group(*rules: tuple[str, str]) -> Scope:
    """Add a viewer group with these rules, each a kind and an id; return what it sees."""
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Suppliers') RETURNING id")
    for kind, id_ in rules:
        await query(
            "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, %(kind)s, %(id)s)",
            {"group": group_id, "kind": kind, "id": id_},
        )
    return Scope((group_id,))


async def store_world() -> None:
    """Store five items of two teams, each with something of its own."""
    await store(
        team("ENG"), team("OPS"), person("Alice"), person("Bob", display_name="bobby"), project("Apollo"),
        label("Bug"), label("bug", id="label-bug-2", team_id="team-OPS"), label("Area", is_group=True),
        label("Roof", parent_id="label-Area"),
        state("started", name="In Review"), state("started", team="OPS", name="in review"), state("completed"),
        ProjectMilestoneRow(id="milestone", name="Launch", created_at=NOON, updated_at=NOON),
        cycle(12, team_id="team-ENG", starts_at=NOON, ends_at=LATER),
    )  # fmt: skip
    await store(
        item(
            1,
            state_id="ENG-started-0",
            assignee_id="person-Alice",
            label_ids=["label-Bug"],
            priority=1,
            created_at=NOON - timedelta(days=30),
        ),
        item(
            2,
            state_id="ENG-completed-0",
            assignee_id="person-Bob",
            project_id=APOLLO,
            cycle_id="cycle",
            estimate=3,
            completed_at=NOON,
        ),
        item(3, team="OPS", state_id="OPS-started-0", label_ids=["label-bug-2", "label-Roof"], creator_id=BOB),
        item(4, team="OPS", project_id=APOLLO, project_milestone_id="milestone", due_date=date(2026, 2, 5)),
        item(5, due_date=date(2026, 2, 9), priority=2),
        ReleaseRow(
            id="release",
            pipeline_id="app",
            name="Spring",
            version="4.21",
            trashed=False,
            created_at=NOON,
            updated_at=NOON,
        ),
        *(
            ItemReleaseRow(id=f"in-{id_}", issue_id=id_, release_id="release", created_at=NOON, updated_at=NOON)
            for id_ in ("item-ENG-2", "item-OPS-3")
        ),
    )
