"""Say times, priorities and states in words, the only place of words for people beside the templates."""

from datetime import datetime

from shareable_backlog.web.pages import locales

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

FIELDS = {
    "team": "Team",
    "type": "Kind of state",
    "state": "State",
    "priority": "Priority",
    "assignee": "Assignee",
    "label": "Label",
    "project": "Project",
    "milestone": "Milestone",
    "cycle": "Cycle",
    "creator": "Created by",
    "due": "Due",
    "updated": "Updated",
}
"""The words for what the backlog can be narrowed to and grouped by."""

ORDERS = {
    "updated": "Last updated",
    "created": "Newest",
    "priority": "Priority",
    "due": "Due date",
    "state": "State",
    "manual": "As in Linear",
    "relevance": "Best match",
}
"""The words for the orders of the list."""

COLUMNS = {
    "id": "Identifier",
    "labels": "Labels",
    "estimate": "Estimate",
    "created": "Created",
    **{
        name: FIELDS[name]
        for name in ("priority", "state", "milestone", "project", "cycle", "due", "assignee", "updated")
    },
}
"""The words for the columns of the list."""

NOTHING = {
    "state": "No state",
    "project": "No project",
    "assignee": "Nobody assigned",
    "cycle": "No cycle",
    "label": "No label",
}
"""The words for the groups of what has nothing there."""

_PRIORITY_WORDS = {"none": "No priority", "urgent": "Urgent", "high": "High", "medium": "Medium", "low": "Low"}


def describe_filter_value(value: str, field: str) -> str:
    """Say the value of a filter in words: `started` is In progress, `7d` is 7 days."""
    if field in {"due", "updated"}:
        if value.endswith("d") and value[:-1].isdecimal():
            return f"in the next {value[:-1]} days" if field == "due" else f"in the last {value[:-1]} days"
        return value.replace("..", " to ").strip()
    known = {"type": STATE_TYPES, "priority": _PRIORITY_WORDS, "cycle": {"current": "current"}}
    return known.get(field, {}).get(value, value)


_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def format_ago(at: datetime, now: datetime) -> str:
    """Return how long before `now` it was, shortly: `3 min ago`, `5 h ago`, then the day."""
    seconds = (now - at).total_seconds()
    if seconds < _MINUTE_S:
        return "just now"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S:.0f} min ago"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S:.0f} h ago"
    return locales.format_day(at, now)


def format_initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name, at most two."""
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


def describe_browser(user_agent: str | None) -> str:
    """Return which browser a User-Agent header means, as far as it can be told: `Firefox on Windows`."""
    text = user_agent or ""
    name = next((name for mark, name in _BROWSERS if mark in text), "")
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    return " on ".join(filter(None, (name or "Another browser", system))) if text else "unknown"
