"""Answer `/items/{identifier}/images/{name}`: an image in an item's text."""

from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.services.backlog import images
from shareable_backlog.services.backlog.images import Fetch
from shareable_backlog.services.backlog.items import ItemPage
from shareable_backlog.web.fields import Identifier
from shareable_backlog.web.sub_path import add_sub_path

_HEADERS = {
    "Cache-Control": "private, max-age=86400",
    # Besides the policy of every answer: opened by itself it is no page of ours, whatever it turns out to be.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class ImagePath(Struct, frozen=True):
    """Which image of which item it is."""

    identifier: Identifier
    name: str


async def show_image(request: Request, path: ImagePath) -> Response:
    """Answer the image itself, or 304 to a browser that has it."""
    fetch: Fetch = request.app.state.fetch_image
    image = await images.fetch_image(auth.require_user(request).scope, path.identifier, path.name, fetch)
    headers = _HEADERS | {"ETag": f'"{image.digest}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(image.content, media_type=image.media_type, headers=headers)


def build_image_urls(page: ItemPage) -> dict[str, str]:
    """Return the addresses here of the images on a page, by their addresses in Linear up to the query."""
    below = add_sub_path(f"/items/{quote(page.item.identifier, safe='')}/images")
    return {address: f"{below}/{name}" for address, name in images.name_images(page).items()}
