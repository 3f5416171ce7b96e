"""Limit how much one person reads, so that nobody copies the backlog by a program, or keeps others from it."""

import contextlib

from msgspec import Struct

from shareable_backlog import clock
from shareable_backlog.database.access import rate_limits
from shareable_backlog.errors import BacklogError, TooMany
from shareable_backlog.process_state import ProcessState

_MINUTE_S, _HOUR_S = 60.0, 3600
_MOST_VAIN_SEARCHES = 30
_SHARES = 20


class _PageCount(Struct):
    """How often somebody asked this process within a minute, and whether that is too much with all the others."""

    minute: int
    here: int = 0
    is_too_much: bool = False


_COUNTS = ProcessState(dict[int, _PageCount])
_HAS_OTHERS = ProcessState(bool)


def count_with_others() -> None:
    """Add up from now on what several processes count of a person's pages."""
    _HAS_OTHERS.value = True


async def limit_pages(user_id: int, most: int) -> None:
    """Count what a person asks for by a browser. Raises TooMany within a minute.

    Each process counts for itself, and of several each adds every twentieth of `most` to what all have counted:
    nobody's page waits for a row but theirs who turn many, and a person may exceed `most` by a twentieth for each
    process at most.
    """
    minute = int(clock.read_time().timestamp() // _MINUTE_S)
    count = _COUNTS.value.get(user_id)
    if count is None or count.minute != minute:
        count = _COUNTS.value[user_id] = _PageCount(minute)
    count.here += 1
    share = max(most // _SHARES, 1)
    if _HAS_OTHERS.value and count.here % share == 0:
        with contextlib.suppress(BacklogError):  # a database that takes no changes can still be read
            is_allowed = await rate_limits.allow_try(f"pages:{user_id}:{minute}", most, _HOUR_S, tries=share)
            count.is_too_much = not is_allowed
    if count.is_too_much or count.here > most:
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
