"""Tell whether templates, styles and scripts have changed on the disk; only `slb serve --dev` wants to know."""

from pathlib import Path

from shareable_backlog.process_state import ProcessState

_PACKAGE = Path(__file__).parents[1]
TEMPLATES, STATIC = _PACKAGE / "templates", _PACKAGE / "static"

_IS_WATCHED = ProcessState(bool)


def watch_files() -> None:
    """Look at the files at each request from now on."""
    _IS_WATCHED.value = True


def read_files_edition() -> int:
    """Return a number that changes with any of the files; always 0 if nobody watches them."""
    if not _IS_WATCHED.value:
        return 0
    files = [path for folder in (TEMPLATES, STATIC) for path in folder.rglob("*.*")]
    return hash(frozenset((path, path.stat().st_mtime_ns) for path in files if path.is_file()))
