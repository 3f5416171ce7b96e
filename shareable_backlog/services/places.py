"""Tell what the place is called and how it looks, to every page and mail, at the cost of no statement a page."""

from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from shareable_backlog.database import place_logos, settings
from shareable_backlog.database.place_logos import Logo
from shareable_backlog.errors import BacklogError
from shareable_backlog.process_state import ProcessState

__all__ = ["Logo"]

_GOOD_FOR_S = 5.0


@dataclass(frozen=True, slots=True)
class Brand:
    """What people know the place by; `color` is None for the product's own, `logo_hash` without a logo."""

    name: str = "Backlog"
    color: str | None = None
    logo_hash: str | None = None


@dataclass(frozen=True, slots=True)
class _KeptBrand:
    """The place as it was at a version of the mirror (None: at any), and when that was read (`monotonic()`)."""

    place: Brand
    version: str | None
    at: float


USUAL = Brand()
_KEPT = ProcessState[_KeptBrand | None](lambda: None)


async def read_place(version: str | None = None) -> Brand:
    """Return the place as it is at the mirror's `version`, which changes with the settings; None: within 5 s.

    While the database is away it is the last one that was read.
    """
    kept = _KEPT.value
    is_good = kept and (kept.version == version if version else monotonic() - kept.at < _GOOD_FOR_S)
    if kept is None or not is_good:
        with suppress(BacklogError):
            found = await settings.read_settings()
            place = Brand(found.place_name, found.place_color, found.logo_hash)
            kept = _KEPT.value = _KeptBrand(place, version, monotonic())
    return kept.place if kept else USUAL


async def find_logo() -> Logo | None:
    """Return the logo; None when there is none."""
    return await place_logos.find_logo()
