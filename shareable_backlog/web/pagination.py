"""Write a position in a list as an opaque word for a URL, and read it back."""

import base64
from datetime import UTC, datetime

from shareable_backlog.errors import InvalidInput

_LONGEST = 300
# Rows have times of these years only (see sync/fields.py); others PostgreSQL may not even compare.
_FIRST_YEAR, _LAST_YEAR = 1900, 9999


def encoded(position: tuple[datetime, str]) -> str:
    """Give the word for the position after the row with this time (aware) and id."""
    at, row_id = position
    return base64.urlsafe_b64encode(f"{at.astimezone(UTC).isoformat()}|{row_id}".encode()).decode().rstrip("=")


def decoded(word: str) -> tuple[datetime, str]:
    """Give the position that `encoded` wrote. Raises InvalidInput for anything else."""
    damaged = InvalidInput("This page's address is damaged. Start again from the first page.")
    try:
        text = base64.b64decode(word[:_LONGEST] + "=" * (-len(word) % 4), altchars=b"-_", validate=True).decode()
        at_text, bar, row_id = text.partition("|")
        at = datetime.fromisoformat(at_text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise damaged from None
    if not bar or "\x00" in row_id or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise damaged
    return at, row_id
