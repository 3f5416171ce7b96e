"""List every URL of the product: method, path, handler, and who may ask."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache, partial, wraps
from typing import Literal, TypeAlias

from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import stop
from shareable_backlog.controllers import (
    health,
    kept_pages,
    metrics,
    mirror_age,
    place,
    policy_reports,
    robots_txt,
    security_txt,
    webhooks,
)
from shareable_backlog.controllers.access import auth, invitations, passkeys, sign_in, sign_in_oidc, step_up
from shareable_backlog.controllers.access.auth import Who
from shareable_backlog.controllers.account import account, preferences, tokens, views
from shareable_backlog.controllers.account import passkeys as own_passkeys
from shareable_backlog.controllers.admin import (
    admin_audit,
    admin_groups,
    admin_labels,
    admin_overview,
    admin_people,
    admin_settings,
    admin_sharing,
    admin_sync,
    admin_views,
)
from shareable_backlog.controllers.agenda import meeting
from shareable_backlog.controllers.api import endpoints
from shareable_backlog.controllers.api.operation import Operation
from shareable_backlog.controllers.backlog import changes, exports, feeds, filters, images, items, seen
from shareable_backlog.controllers.backlog.lists import item_list
from shareable_backlog.controllers.charts import item_timeline, matrix, trends
from shareable_backlog.controllers.done import done
from shareable_backlog.controllers.presentation import agenda_slides, backlog_slides, chart_slides, roadmap_slides
from shareable_backlog.controllers.projects import initiatives, project, roadmap, update_feeds, updates
from shareable_backlog.controllers.work import cycles, named
from shareable_backlog.controllers.work import teams as team_pages
from shareable_backlog.errors import Interrupted, TooMany
from shareable_backlog.services import readiness
from shareable_backlog.vocabulary import PageName
from shareable_backlog.web import headers, params
from shareable_backlog.web.formats import openapi
from shareable_backlog.web.pages import assets

Method: TypeAlias = Literal["GET", "POST"]
Handler: TypeAlias = Callable[..., Awaitable[Response]]
"""It takes the request, and what it wants of `path`, `query` and `form`, each typed by a struct (`web/params`)."""
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

_BROKEN_OFF = (
    "Your request was broken off. Try again in a few seconds; if you were saving something, check first whether it "
    "was saved."
)


class Route(Struct, frozen=True):
    """One line of the table, whose last word says who may ask.

    "anyone" is a probe or a browser from anywhere, "signer" whoever signs with a secret that only Linear knows. All
    others come from an allowed network: "browser" reports by itself, "visitor" needs no more, "person" is signed in,
    "viewer" is approved too, "member" works in Linear or is an admin, "admin" is an approved admin. What else isn't a
    GET has to come from a page of ours.

    What changes who sees what has an `act`, which says it in words ("Yes, add a person"): before it is done, they
    have to have signed in within the last ten minutes. What belongs to a `page` is not there for whom that is off.
    What `is_kept` is made of the mirror and what is shared, and is the same for all with the same rights.
    """

    method: Method
    path: str
    handler: Handler
    who: Who
    act: str | None = None
    page: PageName | None = None
    is_kept: bool = False


ROUTES = (
    # A request is compared with one path after the other, so what is asked for most stands first.
    Route("GET", "/", item_list.show_list, "viewer", page="list", is_kept=True),
    Route("GET", "/board", item_list.show_board, "viewer", page="board", is_kept=True),
    Route("GET", "/items/{identifier}", items.show_item, "viewer", is_kept=True),
    Route("GET", "/healthz", health.show_liveness, "anyone"),
    Route("GET", "/readyz", health.show_readiness, "anyone"),
    Route("GET", "/api/health", health.show_health, "anyone"),
    Route("GET", "/metrics", metrics.show_metrics, "anyone"),
    Route("GET", robots_txt.PATH, robots_txt.show_rules, "anyone"),
    Route("GET", security_txt.PATH, security_txt.show_contacts, "anyone"),
    Route("GET", "/static/{path:path}", assets.send_file, "anyone"),
    Route("POST", headers.REPORTS_PATH, policy_reports.receive_reports, "browser"),
    Route("GET", "/manifest.webmanifest", place.show_manifest, "visitor"),
    Route("GET", "/place/style.css", place.show_style, "visitor"),
    Route("GET", "/place/logo", place.show_logo, "visitor"),
    Route("GET", "/place/icon/{size}", place.show_icon, "visitor"),
    Route("GET", "/sign-in", sign_in.show_sign_in, "visitor"),
    Route("POST", "/sign-in", sign_in.send_link, "visitor"),
    Route("GET", "/sign-in/code", sign_in.show_code, "visitor"),
    Route("POST", "/sign-in/code", sign_in.use_code, "visitor"),
    Route("GET", "/sign-in/link/{token}", sign_in.show_link, "visitor"),
    Route("POST", "/sign-in/link/{token}", sign_in.use_link, "visitor"),
    Route("GET", passkeys.PATH, passkeys.send_challenge, "visitor"),
    Route("POST", passkeys.PATH, passkeys.use_passkey, "visitor"),
    Route("GET", "/sign-in/oidc", sign_in_oidc.start_sign_in, "visitor"),
    Route("GET", sign_in_oidc.CALLBACK, sign_in_oidc.finish_sign_in, "visitor"),
    Route("GET", step_up.PATH, step_up.show_step_up, "person"),
    Route("POST", "/sign-out", sign_in.sign_out, "person"),
    Route("GET", "/waiting", account.show_waiting, "person"),
    Route("POST", "/waiting", account.ask_for_access, "person"),
    Route("GET", "/account", account.show_account, "person"),
    Route("POST", "/account/preferences", preferences.save_preferences, "person"),
    Route("POST", "/account/sessions/{session_id}/end", account.end_session, "person", "end a session"),
    Route("POST", "/account/passkeys/new", own_passkeys.begin_passkey, "viewer", "add a passkey"),
    Route("POST", "/account/passkeys", own_passkeys.add_passkey, "viewer", "add a passkey"),
    Route("POST", "/account/passkeys/{passkey_id}/remove", own_passkeys.remove_passkey, "person", "remove a passkey"),
    Route("POST", "/account/tokens", tokens.create_token, "viewer", "create a token", page="api"),
    Route("POST", "/account/tokens/{token_id}/revoke", tokens.revoke_token, "person"),
    Route("GET", "/roadmap", roadmap.show_roadmap, "viewer", page="roadmap", is_kept=True),
    Route("GET", updates.PATH, updates.show_updates, "viewer", page="updates", is_kept=True),
    Route("GET", auth.UPDATES_FEED, update_feeds.export_feed, "viewer", page="feeds"),
    Route("GET", "/updates/feed", update_feeds.show_feed, "viewer", page="feeds"),
    Route(
        "POST", "/updates/feed", update_feeds.create_feed, "viewer", "create an address for a feed reader", "feeds"
    ),
    Route("GET", "/projects/{name:path}", project.show_project, "viewer", page="roadmap", is_kept=True),
    Route("GET", "/changes", changes.show_changes, "viewer", page="changes"),
    Route("POST", "/changes/seen", changes.mark_seen, "viewer", page="changes"),
    Route("GET", "/done", done.show_done, "viewer", page="done", is_kept=True),
    Route("POST", "/done/heading", done.save_heading, "admin", page="done"),
    Route("GET", "/meeting", meeting.show_agenda, "viewer", page="meeting", is_kept=True),
    Route("POST", "/meeting", meeting.keep_agenda, "member", page="meeting"),
    Route("GET", "/meeting/{key}", meeting.show_kept, "viewer", page="meeting"),
    Route("POST", "/meeting/{key}/delete", meeting.delete_kept, "admin", "delete a kept agenda", page="meeting"),
    Route("GET", "/matrix", matrix.show_matrix, "viewer", page="matrix", is_kept=True),
    Route("GET", "/timeline", item_timeline.show_timeline, "viewer", page="timeline", is_kept=True),
    Route("GET", "/trends", trends.show_trends, "viewer", page="trends", is_kept=True),
    Route("GET", "/present/list", backlog_slides.show_list, "viewer", page="list"),
    Route("GET", "/present/board", backlog_slides.show_board, "viewer", page="board"),
    Route("GET", "/present/matrix", chart_slides.show_matrix, "viewer", page="matrix"),
    Route("GET", "/present/timeline", chart_slides.show_timeline, "viewer", page="timeline"),
    Route("GET", "/present/meeting", agenda_slides.show_agenda, "viewer", page="meeting"),
    Route("GET", "/present/roadmap", roadmap_slides.show_roadmap, "viewer", page="roadmap"),
    Route("POST", "/seen", seen.mark_seen, "viewer"),
    Route("POST", "/seen/all", seen.mark_all_seen, "viewer"),
    Route("GET", "/events", mirror_age.stream_age, "viewer"),
    Route("GET", "/filters", filters.show_filters, "viewer", is_kept=True),
    Route("GET", "/export.csv", exports.export_csv, "viewer", page="exports"),
    Route("GET", "/export/spreadsheet.csv", exports.export_for_spreadsheets, "viewer", page="exports"),
    Route("GET", "/export.json", exports.export_json, "viewer", page="exports"),
    Route("GET", auth.FEED, feeds.export_feed, "viewer", page="feeds"),
    Route("GET", "/feeds", feeds.show_feeds, "viewer", page="feeds"),
    Route("POST", "/feeds", feeds.create_feed, "viewer", "create an address for a feed reader", page="feeds"),
    Route("GET", "/items/{identifier}/images/{name}", images.show_image, "viewer"),
    Route("GET", "/initiatives/{name:path}", initiatives.show_initiative, "viewer", page="roadmap", is_kept=True),
    Route("GET", "/teams/{key}", team_pages.show_team, "viewer", is_kept=True),
    Route("GET", "/cycles/{name}", cycles.show_cycle, "viewer", is_kept=True),
    Route("GET", "/labels/{name:path}", named.show_label, "viewer", is_kept=True),
    Route("GET", "/people/{name:path}", named.show_person, "viewer", is_kept=True),
    Route("GET", "/views", views.show_views, "viewer", page="views"),
    Route("POST", "/views", views.save_view, "viewer", page="views"),
    Route("POST", "/views/copy", views.copy_view, "viewer", page="views"),
    Route("POST", "/views/rename", views.rename_view, "viewer", page="views"),
    Route("POST", "/views/move", views.move_view, "viewer", page="views"),
    Route("POST", "/views/default", views.set_default_view, "viewer", page="views"),
    Route("POST", "/views/delete", views.delete_view, "viewer", page="views"),
    Route("POST", "/views/bring-back", views.restore_view, "viewer", page="views"),
    Route("GET", "/about", admin_sharing.show_about, "viewer", is_kept=True),
    Route("GET", "/admin", admin_overview.show_overview, "admin"),
    Route("GET", "/admin/people", admin_people.show_people, "admin"),
    Route("POST", "/admin/people", admin_people.add_person, "admin", "add a person"),
    Route("GET", "/admin/people.csv", admin_people.export_people, "admin"),
    Route("POST", "/admin/people/decide", admin_people.carry_out_decision, "admin", "decide about people"),
    Route("GET", "/admin/people/{user_id}", admin_people.show_person, "admin"),
    Route("POST", "/admin/people/{user_id}", admin_people.update_person, "admin", "change a person"),
    Route("POST", "/admin/people/{user_id}/pages", admin_people.save_pages, "admin", "change a person's pages"),
    Route("POST", "/admin/people/{user_id}/delete", admin_people.delete_person, "admin", "delete a person"),
    Route(
        "POST",
        "/admin/people/{user_id}/passkeys/remove",
        admin_people.remove_passkeys,
        "admin",
        "remove a person's passkeys",
    ),
    Route("POST", "/admin/people/{user_id}/view-as", admin_people.start_viewing_as, "admin"),
    Route("POST", "/admin/people/{user_id}/sessions/{session_id}/end", admin_people.end_session, "admin"),
    Route("POST", "/admin/view-as/stop", admin_people.stop_viewing_as, "admin"),
    Route("GET", invitations.PATH, invitations.show_invitations, "admin"),
    Route("POST", invitations.PATH, invitations.invite_people, "admin", "invite people"),
    Route("POST", "/admin/invitations/{invitation_id}/again", invitations.send_again, "admin", "send an invitation"),
    Route(
        "POST",
        "/admin/invitations/{invitation_id}/withdraw",
        invitations.withdraw_invitation,
        "admin",
        "withdraw an invitation",
    ),
    Route("GET", "/admin/sync", admin_sync.show_sync, "admin"),
    Route("POST", "/admin/sync", admin_sync.request_run, "admin"),
    Route("GET", "/admin/sync/events", admin_sync.stream_events, "admin"),
    Route("POST", "/admin/sync/removals", admin_sync.confirm_removals, "admin"),
    Route("GET", "/admin/sync/{run_id}", admin_sync.show_run, "admin"),
    Route("GET", "/admin/sharing", admin_sharing.show_sharing, "admin"),
    Route("POST", "/admin/sharing", admin_sharing.save_sharing, "admin", "change what is shown"),
    Route("POST", "/admin/sharing/newcomers", admin_sharing.save_newcomers, "admin", "change what newcomers see"),
    Route("POST", "/admin/sharing/preview", admin_sharing.preview_sharing, "admin"),
    Route("GET", "/admin/labels", admin_labels.show_labels, "admin"),
    Route("POST", "/admin/labels", admin_labels.save_offers, "admin", "change which labels are read"),
    Route("POST", "/admin/labels/preview", admin_labels.preview_offers, "admin"),
    Route("GET", "/admin/settings", admin_settings.show_settings, "admin"),
    Route("POST", "/admin/settings/meeting", admin_settings.save_meeting, "admin"),
    Route("POST", "/admin/settings/place", admin_settings.save_place, "admin"),
    Route("POST", "/admin/settings/start", admin_settings.save_start, "admin"),
    Route("POST", "/admin/settings/matrix", admin_settings.save_matrix, "admin"),
    Route("POST", "/admin/settings/sync", admin_settings.save_sync, "admin"),
    Route("POST", "/admin/settings/pages", admin_settings.save_pages, "admin", "change what is switched on"),
    Route("POST", "/admin/groups", admin_groups.create_group, "admin", "create a group"),
    Route("GET", "/admin/groups/{group_id}", admin_groups.show_group, "admin"),
    Route("POST", "/admin/groups/{group_id}/name", admin_groups.rename_group, "admin", "rename a group"),
    Route("POST", "/admin/groups/{group_id}/rules", admin_groups.update_rules, "admin", "change what a group sees"),
    Route("POST", "/admin/groups/{group_id}/people", admin_groups.add_member, "admin", "put a person into a group"),
    Route(
        "POST",
        "/admin/groups/{group_id}/people/out",
        admin_groups.remove_member,
        "admin",
        "take a person out of a group",
    ),
    Route("POST", "/admin/groups/{group_id}/delete", admin_groups.delete_group, "admin", "delete a group"),
    Route("POST", "/admin/views", admin_views.publish_view, "admin"),
    Route("GET", "/admin/views/linear", admin_views.show_linear_views, "admin"),
    Route("POST", "/admin/views/linear", admin_views.publish_linear_view, "admin"),
    Route("POST", "/admin/views/{view_id}/rename", admin_views.rename_view, "admin"),
    Route("POST", "/admin/views/{view_id}/move", admin_views.move_view, "admin"),
    Route("POST", "/admin/views/{view_id}/unpublish", admin_views.unpublish_view, "admin"),
    Route("GET", "/admin/audit", admin_audit.show_audit_log, "admin"),
    Route("GET", "/admin/audit.csv", admin_audit.export_audit_log, "admin"),
    Route("GET", "/api/v1/openapi.json", endpoints.show_document, "visitor"),
    Route("GET", "/api/v1/items", endpoints.list_items, "viewer", page="api"),
    Route("GET", "/api/v1/items/{identifier}", endpoints.show_item, "viewer", page="api"),
    Route("GET", "/api/v1/teams", endpoints.list_teams, "viewer", page="api"),
    Route("GET", "/api/v1/projects", endpoints.list_projects, "viewer", page="api"),
    Route("GET", "/api/v1/updates", endpoints.list_updates, "viewer", page="api"),
    Route("GET", "/api/v1/labels", endpoints.list_labels, "viewer", page="api"),
    Route("GET", "/api/v1/views", endpoints.list_views, "viewer", page="api"),
    Route("GET", "/api/v1/me", endpoints.show_me, "viewer"),
    Route("POST", "/webhooks/linear", webhooks.receive_delivery, "signer"),
)

_OPEN = ("anyone", "signer")
OPEN_PATHS = tuple(route.path for route in ROUTES if route.who in _OPEN)
"""The paths that need no allowed network, whole or up to their first parameter."""


def add_routes(app: Starlette, sub_path: str = "") -> None:
    """Give `app`, which is served below `sub_path`, every route of the table, and its state the API's document.

    That is built when somebody first asks for it: it takes longer than all routes.
    """
    operations = {route.path: route.handler.described for route in ROUTES if isinstance(route.handler, Operation)}
    app.state.build_api_document = cache(partial(openapi.build_document, operations, sub_path))
    for path in dict.fromkeys(route.path for route in ROUTES):
        # One for all methods of a path, so that a 405 names each of them.
        of_method: dict[Method, Endpoint] = {
            route.method: _guard_route(route) for route in ROUTES if route.path == path
        }
        app.add_route(path, _dispatch_by_method(of_method), methods=list(of_method))


def _dispatch_by_method(handlers: dict[Method, Endpoint]) -> Endpoint:
    async def dispatch(request: Request) -> Response:
        try:
            return await handlers["POST" if request.method == "POST" else "GET"](request)
        except asyncio.CancelledError:
            if not stop.is_stopping():
                raise
            raise Interrupted(_BROKEN_OFF) from None

    return dispatch


def _guard_route(route: Route) -> Endpoint:
    """Refuse at once while the schema is wrong, in words that say what to do; then let in who may come in."""
    handler = params.bind(route.handler)
    if route.who in ("anyone", "browser"):
        return handler

    @wraps(handler)
    async def guard(request: Request) -> Response:
        await readiness.require_schema()
        if route.who == "signer":
            return await handler(request)
        try:
            response = await auth.admit(request, route.who)
            if response is None and route.page is not None:
                response = auth.require_page(request, route.page)
            if response is None and route.act is not None:
                response = await step_up.require_proof(request, route.act)
            if response is None:
                response = await (kept_pages.send_page(request, handler) if route.is_kept else handler(request))
        except TooMany:
            auth.log_trick(request, "spent limit")
            raise
        auth.set_new_cookies(request, response)
        return response

    return guard
