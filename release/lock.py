"""Read the lock file: what is installed with the program, what only builds it, and who asked for it."""

import re
from pathlib import Path

from msgspec import Struct

_ENTRY = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>.*?))? \\\n(?P<rest>(?: {4}.*\n)+)", re.MULTILINE
)
_PROGRAM = "shareable-linear-backlog (pyproject.toml)"


class Locked(Struct, frozen=True, kw_only=True):
    """A package of the lock file; `wanted_by` are the packages that need it, or pyproject.toml itself."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    wanted_by: frozenset[str]


def read_lock(path: Path) -> tuple[Locked, ...]:
    """Return all that the lock file pins, in its order."""
    return tuple(
        Locked(
            name=found["name"],
            version=found["version"],
            marker=found["marker"] or "",
            hashes=tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", found["rest"])),
            wanted_by=frozenset(re.findall(r"#(?: via|  ) *(\S.*)", found["rest"])),
        )
        for found in _ENTRY.finditer(path.read_text(encoding="utf-8"))
    )


def find_installed(locked: tuple[Locked, ...]) -> frozenset[str]:
    """Return the names of what is installed with the program, and so without what only builds it."""
    names = {_PROGRAM}
    while more := {one.name for one in locked if one.wanted_by & names} - names:
        names |= more
    return frozenset(names - {_PROGRAM})
