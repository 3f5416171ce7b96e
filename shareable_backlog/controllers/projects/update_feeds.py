"""Answer `/updates.atom` and `/updates/feed`: what teams write about progress, for feed readers."""

from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import feeds
from shareable_backlog.controllers.backlog.feeds import FeedsContext
from shareable_backlog.controllers.projects.updates import PATH, UpdatesParams, build_update_url, find_wanted
from shareable_backlog.services.account import tokens
from shareable_backlog.services.projects import updates
from shareable_backlog.services.projects.updates import ShownUpdate
from shareable_backlog.services.search import search_words
from shareable_backlog.web import params
from shareable_backlog.web.formats import atom
from shareable_backlog.web.formats.atom import FeedEntry
from shareable_backlog.web.pages.foreign_texts import describe_title

_IN_FEED = 50
_LONGEST_SUMMARY = 2000
_HEALTHS: Final = {"onTrack": "On track", "atRisk": "At risk", "offTrack": "Off track"}


async def export_feed(request: Request, query: UpdatesParams) -> Response:
    """Send the latest updates as Atom; 304 to a reader that has them.

    Programs come in by a token in the address, which stands nowhere in the feed.
    """
    user = auth.require_user(request)
    auth.require_page(request, "updates")
    await tokens.require_right(user, "feed", auth.read_actor(request))
    wanted, plan = await find_wanted(user.scope, query)
    found = (await updates.list_updates(user.scope, wanted, limit=_IN_FEED)).updates
    base, address = auth.read_config(request).sign_in.base_url, params.build_url(PATH, query)
    has_plans = "roadmap" not in user.pages_off
    newest = max((_read_time(one) for one in found), default=datetime.fromtimestamp(0, UTC))
    body = atom.write_feed(
        f"{base}{address}",
        f"Updates: {plan}" if plan else "Updates",
        newest,
        [
            _build_entry(one, base, build_update_url(one) if has_plans else f"{address}#update-{quote(one.id)}")
            for one in found
        ],
        lasting_id=feeds.build_urn(f"updates {address}"),
        self_url=f"{base}{params.build_url(auth.UPDATES_FEED, query)}",
    )
    return feeds.send_feed(request, body)


async def show_feed(request: Request, query: UpdatesParams) -> Response:
    """Show how a feed reader gets updates."""
    return _render_feed(request, query, await _find_subject(request, query), None)


async def create_feed(request: Request, query: UpdatesParams) -> Response:
    """Make an address for a feed reader, with a token of its own, and show it this once."""
    subject = await _find_subject(request, query)  # first, as nothing is made for what is not there
    pairs = params.write(query)
    name = f"Feed: updates {' '.join(value for _, value in pairs) or 'of all projects'}"[:100]
    address = await feeds.create_address(request, auth.UPDATES_FEED, name, pairs)
    return _render_feed(request, query, subject, address)


async def _find_subject(request: Request, query: UpdatesParams) -> str:
    """Return in words what a feed tells. Raises NotFound for a project or an initiative that is not there."""
    auth.require_page(request, "updates")
    _, plan = await find_wanted(auth.require_user(request).scope, query)
    if plan is None:
        return "teams write about the progress of projects"
    return f"the team of {plan} writes" if query.project else f"is written about {plan}"


def _render_feed(request: Request, query: UpdatesParams, subject: str, address: str | None) -> Response:
    form_url, back_url = params.build_url(f"{PATH}/feed", query), params.build_url(PATH, query)
    return auth.render_page(request, "backlog/feeds.html", FeedsContext(subject, form_url, back_url, address))


def _build_entry(one: ShownUpdate, base_url: str, url: str) -> FeedEntry:
    title = describe_title(one.name)
    health = _HEALTHS.get(one.health or "")
    return FeedEntry(
        feeds.build_urn(one.id),
        f"{base_url}{url}",
        f"{title}: {health}" if health else title,
        " ".join(search_words.strip_marks(one.body[: 2 * _LONGEST_SUMMARY]).split())[:_LONGEST_SUMMARY],
        one.author or "Somebody",
        _read_time(one),
    )


def _read_time(one: ShownUpdate) -> datetime:
    return one.edited_at or one.created_at
