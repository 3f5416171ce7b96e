"""Infer the type of a workflow state: Linear's CSV export has its name only."""

from collections import Counter
from datetime import datetime

# Linear's own names and what people commonly rename them to. The dates tell the rest, but never triage from
# backlog from unstarted.
_KNOWN = {
    "triage": "triage",
    "needs triage": "triage",
    "backlog": "backlog",
    "icebox": "backlog",
    "todo": "unstarted",
    "to do": "unstarted",
    "to-do": "unstarted",
    "in progress": "started",
    "in review": "started",
    "done": "completed",
    "completed": "completed",
    "canceled": "canceled",
    "cancelled": "canceled",
    "duplicate": "duplicate",
}
_BY_DATES = ("completed", "canceled", "started", "unstarted")


def infer_type_by_dates(
    *, completed_at: datetime | None, canceled_at: datetime | None, started_at: datetime | None
) -> str:
    """Return which type of state one item's dates speak for."""
    if completed_at:
        return "completed"
    if canceled_at:
        return "canceled"
    return "started" if started_at else "unstarted"


def infer_type(name: str, votes: Counter[str]) -> str:
    """Return the type of the state called `name`: by its name if that is a usual one, else by its items.

    `votes` counts the answers of `infer_type_by_dates` for the items in that state; the most frequent one wins,
    in a tie the one further on: completed, canceled, started, unstarted.
    """
    known = _KNOWN.get(name.strip().casefold())
    return known or max(_BY_DATES, key=lambda state_type: votes[state_type])
