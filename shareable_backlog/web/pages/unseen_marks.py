"""Mark in a part of a page, which is kept for many, what its reader has not seen."""

import re
from collections.abc import Collection

from markupsafe import Markup, escape

MOST_COUNTED = 99
"""More than these are counted as one more."""

_PLACE = re.compile("<!--unseen:(.*?)-->")
_WORDS = '<span class="visually-hidden">Not seen yet </span>'


def mark_unseen(part: Markup, ids: Collection[str], *, can_become_seen: bool) -> Markup:
    """Return the part with marks at the items of these ids, and without the places of marks for all others.

    A mark says which item it is of, unless that can't become seen: who looks with another's eyes sees nothing for
    them.
    """
    unseen = {str(escape(id_)) for id_ in ids}

    def mark(place: re.Match[str]) -> str:
        if place[1] not in unseen:
            return ""
        item = f' data-item="{place[1]}"' if can_become_seen else ""
        return f'<span class="unseen"{item}>{_WORDS}</span>'

    return Markup(_PLACE.sub(mark, part))  # noqa: S704 (it is markup, and an id stands there as it stood before)


def format_unseen(count: int) -> str:
    """Return how many items somebody has not seen, as the header has it."""
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)
