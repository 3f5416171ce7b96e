"""Serve the style sheet, the script and the icon, from memory, under addresses that change with their content."""

import hashlib
from pathlib import Path

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOLDER = Path(__file__).parents[2] / "static"
# The sheet is written in parts, one for each kind of page, of which a reader's browser knows nothing.
_SHEET = "\n".join(part.read_text("utf-8") for part in sorted((_FOLDER / "style").glob("*.css"))).encode()
_FILES = {path.name: path.read_bytes() for path in _FOLDER.iterdir() if path.suffix in _TYPES} | {"style.css": _SHEET}
_VERSIONS = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in _FILES.items()}


class FilePath(Struct, frozen=True):
    """Which file it is."""

    path: str


class VersionQuery(Struct, frozen=True):
    """Which version of it a page names."""

    v: str = ""


def address(name: str) -> str:
    """Give the address of a static file for a page to name."""
    return f"/static/{name}?v={_VERSIONS[name]}"


async def static_file(_request: Request, path: FilePath, query: VersionQuery) -> Response:
    """Answer a static file; with its present version in the query it may be kept for a year."""
    name = path.path
    if name not in _FILES:
        raise HTTPException(404)
    current = query.v == _VERSIONS[name]
    return Response(
        _FILES[name],
        media_type=_TYPES[Path(name).suffix],
        headers={"Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache"},
    )
