"""Say what the API answers: each structure is the JSON itself, and the document of the API is made from them."""

from datetime import date, datetime
from typing import Generic, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from shareable_backlog.services.account.views import Layout
from shareable_backlog.services.backlog import items
from shareable_backlog.services.backlog.items import ItemPage, ListedItem, ShownComment
from shareable_backlog.services.projects.updates import PlanKind, ShownUpdate

T = TypeVar("T")


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """One thing."""

    data: T


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list; `next` is the `after` of the next page, null on the last one."""

    data: list[T]
    next: str | None = None


class State(msgspec.Struct, frozen=True):
    """A workflow state; its `type` is one of those that items can be filtered by."""

    name: str
    type: str


class Team(msgspec.Struct, frozen=True):
    """A team."""

    key: str
    name: str


class Project(msgspec.Struct, frozen=True):
    """A project. A date with a resolution (month, quarter, halfYear or year) stands for the whole of that."""

    id: str
    name: str
    status: str | None
    start_date: date | None
    start_date_resolution: str | None
    target_date: date | None
    target_date_resolution: str | None


class Label(msgspec.Struct, frozen=True):
    """A label; `color` is `#rrggbb`."""

    id: str
    name: str
    color: str | None


class View(msgspec.Struct, frozen=True):
    """A saved view: `query` is what follows the question mark in the address of the page that `layout` names.

    `is_published` is that of a view which admins give to everybody.
    """

    name: str
    query: str
    layout: Layout
    is_published: bool


class Cycle(msgspec.Struct, frozen=True):
    """A cycle of a team."""

    number: int
    name: str | None


class Release(msgspec.Struct, frozen=True):
    """A release that an item is in; many have no version."""

    name: str
    version: str | None


class Me(msgspec.Struct, frozen=True):
    """The person asking; `rights` is what the token may read, null without one.

    `sees` is everything that is shown, what one or more groups see, or nothing until an admin chooses what.
    """

    email: str
    display_name: str | None
    is_admin: bool
    is_team_member: bool
    sees: Literal["everything", "groups", "nothing"]
    rights: list[str] | None


class Comment(msgspec.Struct, frozen=True):
    """A comment in Markdown; `parent_id` is null for the first of a thread, `author` for a bot without a name."""

    id: str
    parent_id: str | None
    author: str | None
    body: str
    quoted_text: str | None
    created_at: datetime
    edited_at: datetime | None
    resolved_at: datetime | None


class Update(msgspec.Struct, frozen=True):
    """What a team wrote about the progress of a project or an initiative, of that name, in Markdown.

    `health` (onTrack, atRisk or offTrack) is what it was then; `diff` says what changed since the update before.
    What is missing, or not shown to you, is null. `url` leads into Linear and is told to team members and admins.
    """

    id: str
    kind: PlanKind
    name: str
    health: str | None
    author: str | None
    body: str
    diff: str | None
    url: str | None
    created_at: datetime
    edited_at: datetime | None


class ItemLine(msgspec.Struct, frozen=True):
    """An item in a list; `priority` goes from 1 (urgent) to 4 (low), 0 is none.

    `rank` is its place among all open items that you may see, null from 1,001 on and for what is done.
    """

    rank: int | None
    identifier: str
    title: str
    state: State | None
    priority: int
    assignee: str | None
    project: str | None
    labels: list[str]
    due_date: date | None
    updated_at: datetime


class Item(msgspec.Struct, frozen=True):
    """One item in full; what is missing, or not shown to you, is null. `description` is Markdown.

    `url` leads into Linear and is told to team members and admins. `size` is the estimate of a team that estimates in
    sizes, as `M`. `rank` is its place among all open items that you may see, null from 1,001 on and for what is done.
    """

    rank: int | None
    identifier: str
    title: str
    description: str | None
    url: str | None
    team: Team | None
    state: State | None
    priority: int
    estimate: float | None
    size: str | None
    assignee: str | None
    creator: str | None
    project: str | None
    milestone: str | None
    cycle: Cycle | None
    releases: list[Release]
    labels: list[str]
    due_date: date | None
    parent: str | None
    sub_items: list[str]
    comments: list[Comment]
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    canceled_at: datetime | None
    archived_at: datetime | None


def build_item_line(item: ListedItem, rank: int | None) -> ItemLine:
    """Return a line of the list as the API does."""
    return ItemLine(
        rank=rank,
        identifier=item.identifier,
        title=item.title,
        state=_build_state(item),
        priority=item.priority,
        assignee=item.assignee,
        project=item.project,
        labels=[name for name, _ in item.labels],
        due_date=item.due_date,
        updated_at=item.updated_at,
    )


def build_item(page: ItemPage, rank: int | None, *, links_to_linear: bool) -> Item:
    """Return one item and what stands around it as the API does."""
    found = page.item
    return Item(
        rank=rank,
        identifier=found.identifier,
        title=found.title,
        description=found.description,
        url=found.url if links_to_linear else None,
        team=Team(found.team_key, found.team) if found.team_key and found.team else None,
        state=_build_state(found),
        priority=found.priority,
        estimate=found.estimate,
        size=found.size,
        assignee=found.assignee,
        creator=found.creator,
        project=found.project,
        milestone=found.milestone,
        cycle=None if found.cycle_number is None else Cycle(found.cycle_number, found.cycle_name),
        releases=[Release(name, version) for name, version in found.releases],
        labels=[name for name, _ in found.labels],
        due_date=found.due_date,
        parent=page.parent and page.parent.identifier,
        sub_items=[one.identifier for one in page.sub_items],
        comments=[_build_comment(one) for thread in page.threads for one in (thread.first, *thread.replies)],
        created_at=found.created_at,
        updated_at=found.updated_at,
        completed_at=found.completed_at,
        canceled_at=found.canceled_at,
        archived_at=found.archived_at,
    )


def build_update(one: ShownUpdate, *, links_to_linear: bool) -> Update:
    """Return an update as the API does."""
    return msgspec.convert(one if links_to_linear else replace(one, url=None), Update, from_attributes=True)


def _build_state(item: ListedItem | items.ItemDetails) -> State | None:
    return State(item.state_name, item.state_type) if item.state_name and item.state_type else None


def _build_comment(comment: ShownComment) -> Comment:
    return msgspec.convert(comment, Comment, from_attributes=True)
