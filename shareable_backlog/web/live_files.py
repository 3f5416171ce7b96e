"""Tell whether templates, styles and scripts have changed on the disk; only `slb serve --dev` wants to know."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
TEMPLATES, STATIC = _PACKAGE / "templates", _PACKAGE / "static"

_is_watched = False


def watch_files() -> None:
    """Look at the files at each request from now on."""
    global _is_watched  # noqa: PLW0603 (the process has one way to serve)
    _is_watched = True


def read_files_edition() -> int:
    """Return a number that changes with any of the files; always 0 if nobody watches them."""
    if not _is_watched:
        return 0
    files = [path for folder in (TEMPLATES, STATIC) for path in folder.rglob("*.*")]
    return hash(frozenset((path, path.stat().st_mtime_ns) for path in files if path.is_file()))
