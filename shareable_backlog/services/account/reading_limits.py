"""Limit how much one person reads, so that nobody copies the backlog by a program, or keeps others from it."""

from time import monotonic

from shareable_backlog.database.access import rate_limits
from shareable_backlog.errors import TooMany
from shareable_backlog.process_state import ProcessState

_MINUTE_S, _HOUR_S = 60.0, 3600
_MOST_VAIN_SEARCHES = 30
_COUNTS = ProcessState(dict[int, tuple[int, int]])
"""The last minute in which each person asked for something, and how often."""


def limit_pages(user_id: int, most: int) -> None:
    """Count what a person asks for by a browser; each process counts for itself. Raises TooMany within a minute."""
    this_minute = int(monotonic() // _MINUTE_S)
    minute, count = _COUNTS.value.get(user_id, (this_minute, 0))
    count = count + 1 if minute == this_minute else 1
    _COUNTS.value[user_id] = this_minute, count
    if count > most:
        raise TooMany(f"You asked for more than {most} pages in a minute. Wait a minute and try again.")


async def limit_exports(user_id: int, most: int) -> None:
    """Count an export of a person, for all processes together. Raises TooMany within an hour."""
    if not await rate_limits.allow_try(f"export:{user_id}", most, _HOUR_S):
        raise TooMany(f"You took along the backlog {most} times in the last hour. Wait an hour and try again.")


async def allow_vain_search(user_id: int | None, text: str) -> bool:
    """Return whether a search in vain is to be recorded: each text of a person once an hour, and 30 texts."""
    return await rate_limits.allow_try(f"vain:{user_id}:{text.lower()}", 1, _HOUR_S) and await rate_limits.allow_try(
        f"vain:{user_id}", _MOST_VAIN_SEARCHES, _HOUR_S
    )
