"""Answer what shows whose backlog it is: colour, logo, icons, and the manifest by which a telephone installs it."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.services import places
from shareable_backlog.services.places import Brand
from shareable_backlog.web.pages import colors, icons
from shareable_backlog.web.sub_path import add_sub_path

_OWN_COLOR: Final = "#22664f"  # as in tokens.css
_SIZES: Final = (192, 512)
_PAGE: Final = "#fcfcfb"
_FOR_A_DAY: Final = {"Cache-Control": "private, max-age=86400"}
# A picture that somebody opens by itself does nothing either.
_ALONE: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


class IconPath(Struct, frozen=True):
    """How large the icon is, in pixels a side."""

    size: Literal[192, 512]


class ManifestIcon(Struct, frozen=True):
    """An icon in the manifest."""

    src: str
    sizes: str
    type: str
    purpose: str = "any"


class Manifest(Struct, frozen=True, kw_only=True):
    """What a browser has to know to install the place as an application (W3C, Web Application Manifest)."""

    name: str
    short_name: str
    start_url: str
    scope: str
    icons: list[ManifestIcon]
    theme_color: str
    background_color: str = _PAGE
    display: str = "standalone"


async def show_manifest(_request: Request) -> Response:
    """Answer the manifest."""
    place = await places.read_place()
    manifest = Manifest(
        name=place.name,
        short_name=place.name[:12].rstrip(),
        start_url=add_sub_path("/"),
        scope=add_sub_path("/"),
        icons=[
            ManifestIcon(add_sub_path(f"/place/icon/{size}"), f"{size}x{size}", "image/png", "any maskable")
            for size in _SIZES
        ],
        theme_color=choose_color(place),
    )
    return Response(
        msgspec.json.encode(manifest),
        media_type="application/manifest+json",
        headers={"Cache-Control": "private, max-age=3600"},
    )


class LookQuery(Struct, frozen=True):
    """Which look a page names: its colour without the #."""

    v: str = ""


async def show_style(_request: Request, query: LookQuery) -> Response:
    """Answer the sheet with the place's colour, toned for both schemes."""
    place = await places.read_place()
    sheet = ""
    if place.color:
        light, dark = colors.tone_accent(place.color)
        sheet = f":root {{ --accent: light-dark({light}, {dark}); }}\n"
    return Response(sheet, media_type="text/css; charset=utf-8", headers=_choose_caching(place, query))


async def show_logo(_request: Request) -> Response:
    """Answer the logo."""
    logo = await places.find_logo()
    if logo is None:
        raise HTTPException(404)
    return Response(logo.content, media_type=logo.media_type, headers=_FOR_A_DAY | _ALONE)


async def show_icon(_request: Request, path: IconPath, query: LookQuery) -> Response:
    """Answer the icon in one of its sizes."""
    place = await places.read_place()
    content = icons.draw_icon(path.size, choose_color(place))
    return Response(content, media_type="image/png", headers=_choose_caching(place, query))


def _choose_caching(place: Brand, query: LookQuery) -> Mapping[str, str]:
    """Return that an answer is good for a day, unless another process knows a newer colour already."""
    return _FOR_A_DAY if query.v == (place.color or "")[1:] else {"Cache-Control": "no-store"}


def choose_color(place: Brand) -> str:
    """Return the colour of what stands by itself, on which white can be read."""
    return colors.tone_accent(place.color or _OWN_COLOR)[0]
