"""Tell what the place is called and how it looks, to every page and mail, at the cost of no statement a page."""

from contextlib import suppress
from time import monotonic

from msgspec import Struct

from shareable_backlog.database import place_logos
from shareable_backlog.database.place_logos import Logo
from shareable_backlog.errors import BacklogError
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services import settings

__all__ = ["Logo"]

_GOOD_FOR_S = 5.0


class Brand(Struct, frozen=True):
    """What people know the place by; `color` is None for the product's own, `logo_hash` without a logo."""

    name: str = "Backlog"
    color: str | None = None
    logo_hash: str | None = None


class _KeptBrand(Struct, frozen=True):
    """The place by settings of a mark (None: of any), and when they were read (`monotonic()`)."""

    place: Brand
    mark: str | None
    at: float


USUAL = Brand()
_KEPT = ProcessState[_KeptBrand | None](lambda: None)


async def read_place(mark: str | None = None) -> Brand:
    """Return the place by the settings of that mark; None: as it was within 5 s.

    While the database is away it is the last one that was read.
    """
    kept = _KEPT.value
    is_good = kept and (kept.mark == mark if mark else monotonic() - kept.at < _GOOD_FOR_S)
    if kept is None or not is_good:
        with suppress(BacklogError):
            found = await settings.read_settings(mark)
            place = Brand(found.place_name, found.place_color, found.logo_hash)
            kept = _KEPT.value = _KeptBrand(place, mark, monotonic())
    return kept.place if kept else USUAL


async def find_logo() -> Logo | None:
    """Return the logo; None when there is none."""
    return await place_logos.find_logo()
