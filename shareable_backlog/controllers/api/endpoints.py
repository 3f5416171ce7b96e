"""Answer `/api/v1`: the backlog for programs, read-only, under the same rules as the pages."""

from functools import partial
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.api import answers
from shareable_backlog.controllers.api.answers import (
    Answer,
    Item,
    ItemLine,
    Label,
    Me,
    Page,
    Project,
    Team,
    Update,
    View,
)
from shareable_backlog.controllers.api.operation import operation
from shareable_backlog.controllers.backlog.items import ItemPath
from shareable_backlog.controllers.backlog.lists import ranks
from shareable_backlog.controllers.projects.updates import Health, UpdatesParams, find_wanted
from shareable_backlog.errors import NotFound
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.account import tokens, views
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.backlog import catalog, filters, item_pages, items, news, selections
from shareable_backlog.services.backlog.item_pages import ItemQuery, Position, Scope
from shareable_backlog.services.projects import updates
from shareable_backlog.vocabulary import OrderName, StateType
from shareable_backlog.web import pagination
from shareable_backlog.web.pages.cache import AsyncLruCache

_After = Annotated[str, Meta(max_length=300, description="Pass `next` from the previous page.")]
_Limit = Annotated[int, Meta(ge=1, le=100, description="Ask for 1 to 100 at a time.")]


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of a list is asked for."""

    after: _After = ""
    limit: _Limit = 50


class ItemsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which items are asked for."""

    team: Annotated[str, Meta(max_length=200, description="Give a team's key, at most 200 characters.")] = ""
    type: Annotated[
        StateType | UnsetType,
        Meta(
            description="Give a type of state: triage, backlog, unstarted, started, completed, canceled, duplicate."
        ),
    ] = UNSET
    q: Annotated[str, Meta(max_length=200, description="Search for words, at most 200 characters.")] = ""
    filter: Annotated[
        str,
        Meta(
            max_length=2000,
            description="Add filters as they stand in the list's address, such as label=Bug&no=assignee.",
        ),
    ] = ""
    order: Annotated[
        OrderName | UnsetType,
        Meta(
            description="Choose an order: updated, rank, created, priority, due, state, manual;"
            " a minus turns it round, as in -due; or relevance, for a search."
        ),
    ] = UNSET
    after: _After = ""
    limit: _Limit = 50


class WrittenQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which updates are asked for."""

    q: Annotated[str, Meta(max_length=200, description="Search for words, at most 200 characters.")] = ""
    project: Annotated[str, Meta(max_length=1000, description="Give a project's name, or Linear's id for it.")] = ""
    initiative: Annotated[
        str, Meta(max_length=1000, description="Give an initiative's name, or Linear's id for it.")
    ] = ""
    health: Annotated[
        Health | UnsetType, Meta(description="Give what an update said: onTrack, atRisk or offTrack.")
    ] = UNSET
    team: Annotated[str, Meta(max_length=200, description="Give a team's key, at most 200 characters.")] = ""
    after: _After = ""
    limit: _Limit = 50


# Programs ask for the same again and again; who sees the same gets the same until the mirror changes.
_KEPT = ProcessState(lambda: AsyncLruCache[Page[ItemLine]](128))


@operation("items")
async def list_items(request: Request, query: ItemsQuery) -> Page[ItemLine]:
    """Return items, latest update first unless ordered otherwise; archived ones only if the filter shows them."""
    given = [*parse_qsl(query.filter), ("team", query.team), ("type", query.type or ""), ("q", query.q)]
    user = auth.require_user(request)
    narrowed = filters.parse_filters(given)
    now = clock.read_time().replace(second=0, microsecond=0)
    plain = ItemQuery(narrowed, query.order or (None if narrowed.text else "updated"), now)
    wanted = await news.complete_query(plain, user.scope, user.user_id)
    position = (
        pagination.decode_position(query.after, item_pages.list_position_types(wanted)) if query.after else None
    )
    version = await ranks.find_version(request)
    make = partial(_read_items, version, user.scope, wanted, position, query.limit)
    return await _KEPT.value.get((version, user.scope, wanted, position, query.limit), make)


async def _read_items(
    version: str, scope: Scope, wanted: ItemQuery, after: Position | None, limit: int
) -> Page[ItemLine]:
    selection = await selections.select_items(scope, wanted, version)
    places = await ranks.read_ranks(scope, version, selection)
    found = await item_pages.list_selected(selection, after, limit)
    next_after = pagination.encode_position(found.next_after) if found.next_after else None
    return Page([answers.build_item_line(one, places.get(one.id)) for one in found.items], next_after)


@operation("items")
async def show_item(request: Request, path: ItemPath) -> Answer[Item]:
    """Return one item by its identifier in any spelling, or by a former one."""
    user = auth.require_user(request)
    scope = user.scope
    identifier = items.parse_identifier(path.identifier) or path.identifier
    try:
        found = await items.read_item_page(scope, identifier)
    except NotFound:
        moved = await items.find_current_identifier(scope, identifier)
        if moved is None:
            raise
        found = await items.read_item_page(scope, moved)
    await audit_actions.record(
        None,
        auth.read_actor(request),
        Action.ITEM_VIEWED,
        resource="backlog_item",
        resource_id=found.item.identifier,
        details={"via": "api"},
    )
    places = await ranks.read_ranks(scope)
    return Answer(answers.build_item(found, places.get(found.item.id), links_to_linear=user.sees_linear))


@operation("items")
async def list_teams(request: Request) -> Page[Team]:
    """Return all teams, by name."""
    found = await catalog.list_teams(auth.require_user(request).scope)
    return Page([Team(one.key, one.name) for one in found])


@operation("items")
async def list_projects(request: Request, query: PageQuery) -> Page[Project]:
    """Return the projects of the items, by id."""
    scope = auth.require_user(request).scope
    found, next_after = await catalog.list_projects(scope, query.after or None, query.limit)
    return Page([msgspec.convert(one, Project, from_attributes=True) for one in found], next_after)


@operation("items")
async def list_updates(request: Request, query: WrittenQuery) -> Page[Update]:
    """Return what teams wrote about progress, the latest first; nothing of what is not there."""
    user = auth.require_user(request)
    auth.require_page(request, "updates")
    named = UpdatesParams(
        q=query.q,
        project=query.project,
        initiative=query.initiative,
        health=query.health or None,
        team=query.team.upper(),
    )
    try:
        wanted, _ = await find_wanted(user.scope, named)
    except NotFound:
        return Page([])
    after = pagination.decode_time_position(query.after) if query.after else None
    found = await updates.list_updates(user.scope, wanted, after, query.limit)
    return Page(
        [answers.build_update(one, links_to_linear=user.sees_linear) for one in found.updates],
        found.next_after and pagination.encode_time_position(*found.next_after),
    )


@operation("items")
async def list_labels(request: Request, query: PageQuery) -> Page[Label]:
    """Return the labels of the items, by id."""
    scope = auth.require_user(request).scope
    found, next_after = await catalog.list_labels(scope, query.after or None, query.limit)
    return Page([msgspec.convert(one, Label, from_attributes=True) for one in found], next_after)


@operation("me")
async def list_views(request: Request) -> Page[View]:
    """Return the saved views of the person asking, and those that admins published."""
    user = auth.require_user(request)
    found = await views.list_views(user.user_id, user.scope)
    return Page(
        [
            View(one.name, one.query, views.parse_layout(one.layout), one.id is not None)
            for one in found.mine + found.published
        ]
    )


@operation("me")
async def show_me(request: Request) -> Answer[Me]:
    """Return who is asking."""
    user = auth.require_user(request)
    rights = sorted(user.rights) if isinstance(user, tokens.TokenUser) else None
    sees = "everything" if user.scope.viewer_group_ids is None else "nothing" if user.scope.is_nothing else "groups"
    return Answer(Me(user.email, user.display_name, user.is_admin, user.is_team_member, sees, rights))


@operation(None)
async def show_document(request: Request) -> dict[str, Any]:
    """Return this document."""
    return request.app.state.build_api_document()
