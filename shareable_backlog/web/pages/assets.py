"""Serve the style sheet, the script and the icon, from memory, under addresses that change with their content."""

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.web import live_files
from shareable_backlog.web.live_files import STATIC

# The sheet is written in parts, one a subject, of which a reader's browser knows nothing. Later ones win.
_PARTS = (
    "tokens", "page", "header", "forms", "admin", "changes", "filters", "item", "prose", "activity", "toolbar",
    "list", "board", "charts/roadmap", "charts/matrix", "charts/timeline", "charts/plots", "meeting/agenda",
    "work/work", "views", "meeting/slides", "plans/project", "paper",
)  # fmt: skip
# What is for who reads the files: an eighth of what is sent, compressed.
_LEFT_OUT = {
    ".css": re.compile(r"/\*.*?\*/\s*|^\s+", re.DOTALL | re.MULTILINE),
    ".js": re.compile(r"^\s*(?://.*\n\s*)*", re.MULTILINE),
}
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class _Assets(Struct, frozen=True):
    """The files by name, and a word for each that changes with its content."""

    files: dict[str, bytes]
    versions: dict[str, str]


@lru_cache(maxsize=1)
def _read_assets(_edition: int) -> _Assets:
    texts = {path.name: path.read_text("utf-8") for path in STATIC.iterdir() if path.suffix in _TYPES}
    texts["style.css"] = "\n".join((STATIC / "style" / f"{part}.css").read_text("utf-8") for part in _PARTS)
    files = {name: _shorten(name, text).encode() for name, text in texts.items()}
    return _Assets(files, {name: hashlib.sha256(content).hexdigest()[:12] for name, content in files.items()})


def _shorten(name: str, text: str) -> str:
    """Return a style sheet or a script without its indents and comments, of a script the lines that only comment."""
    left_out = _LEFT_OUT.get(Path(name).suffix)
    return left_out.sub("", text) if left_out else text


class FilePath(Struct, frozen=True):
    """Which file it is."""

    path: str


class VersionQuery(Struct, frozen=True):
    """Which version of it a page names."""

    v: str = ""


def build_url(name: str) -> str:
    """Return the address of a static file for a page to name."""
    return f"/static/{name}?v={_read_assets(live_files.read_files_edition()).versions[name]}"


async def send_file(_request: Request, path: FilePath, query: VersionQuery) -> Response:
    """Answer a static file; with its present version in the query it may be kept for a year."""
    name = path.path
    assets = _read_assets(live_files.read_files_edition())
    if name not in assets.files:
        raise HTTPException(404)
    current = query.v == assets.versions[name]
    return Response(
        assets.files[name],
        media_type=_TYPES[Path(name).suffix],
        headers={"Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache"},
    )
