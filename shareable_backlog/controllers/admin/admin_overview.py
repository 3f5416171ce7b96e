"""Answer `/admin`: how the product is, in one look."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import __version__
from shareable_backlog.controllers.access import auth
from shareable_backlog.services import overview, usage
from shareable_backlog.services.overview import Overview
from shareable_backlog.services.usage import Usage


class OverviewContext(Struct, frozen=True, kw_only=True):
    """The page of all in one look, with what is set up of the program."""

    overview: Overview
    usage: Usage
    version: str
    is_embedded: bool
    has_key: bool


async def show_overview(request: Request) -> Response:
    """Show people, mirror, mails and versions, each with the one next step when there is something to do."""
    access = auth.read_config(request)
    has_mail = access.settings.smtp_url is not None
    context = OverviewContext(
        overview=await overview.read_overview(access.limits, has_mail=has_mail),
        usage=await usage.read_usage(),
        version=__version__,
        is_embedded=access.settings.database_url is None,
        has_key=bool(access.settings.linear_api_key or access.settings.linear_oauth_client_id),
    )
    return auth.render_page(request, "admin/overview.html", context)
