"""Say times, priorities and states in words, the only place of words for people beside the templates."""

from datetime import UTC, datetime

PRIORITIES = ("No priority", "Urgent", "High", "Medium", "Low")
"""The words for Linear's priorities 0 to 4."""

STATE_TYPES = {
    "triage": "Triage",
    "backlog": "Backlog",
    "unstarted": "To do",
    "started": "In progress",
    "completed": "Done",
    "canceled": "Canceled",
    "duplicate": "Duplicate",
}
"""The words for the types of workflow states, in the order of work."""

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def ago(at: datetime, now: datetime) -> str:
    """Say how long before `now` it was, shortly: `3 min ago`, `5 h ago`, `4 Nov`, `4 Nov 2025`."""
    seconds = (now - at).total_seconds()
    if seconds < _MINUTE_S:
        return "just now"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S:.0f} min ago"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S:.0f} h ago"
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"


def exact(at: datetime) -> str:
    """Say a time exactly, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def initials(name: str) -> str:
    """Give the first letters of the first and the last word of a name, at most two."""
    words = [word for word in name.replace(".", " ").split() if word[0].isalnum()] or [name[:1] or "?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser(user_agent: str | None) -> str:
    """Say which browser a User-Agent header means, as far as it can be told: `Firefox on Windows`."""
    text = user_agent or ""
    name = next((name for mark, name in _BROWSERS if mark in text), "")
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    return " on ".join(filter(None, (name or "Another browser", system))) if text else "unknown"
