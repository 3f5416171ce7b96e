"""Draw from a seed what happens in a round: the same seed gives the same choices, whatever the machine does."""

from random import Random
from typing import Literal

from msgspec import Struct

from tests.sync.model.changes import Change

StepKind = Literal["change", "deliver", "act", "read"]

_STEPS = 24
_LASTS_S = 1.2
_KINDS: tuple[StepKind, ...] = ("change", "change", "deliver", "act", "read", "read")
_CHANGED = ("issues", "issues", "issues", "comments", "attachments", "issueLabels", "projects")
_LIVES = ("archive", "unarchive", "trash", "restore")
_PAGES = ("/", "/board", "/?group=team", "/changes", "/roadmap", "/export.csv", "/readyz")
_MOST_MILLISECONDS_OF_LINEAR = 40


class Step(Struct, frozen=True, kw_only=True):
    """What somebody does, `at_s` after the round has begun; `change` says to which row, also of a delivery."""

    at_s: float
    kind: StepKind
    change: Change = ("edit", "issues", 0, 0)
    page: str = "/"
    act: Literal["person", "token"] = "person"
    name: str = ""
    """What the act or the delivery is known by, which nothing else has."""


class Plan(Struct, frozen=True, kw_only=True):
    """A round: what people and Linear do, and when the fault comes."""

    steps: tuple[Step, ...]
    fault_at_s: float
    is_full: bool
    """Whether a full run is asked for at the beginning, else one of changes."""
    halvings: int
    """How often Linear calls a page too large, so that a run takes more requests."""
    linear_takes_s: float


def make_chance(seed: int, case: str, number: int) -> Random:
    """Return the source of all choices of a round."""
    return Random(f"{seed} {case} {number}")  # noqa: S311 (to be repeated, not secret)


def draw_plan(chance: Random) -> Plan:
    """Draw a round."""
    times = sorted(round(chance.random() * _LASTS_S, 3) for _ in range(_STEPS))
    return Plan(
        steps=tuple(_draw_step(chance, at_s) for at_s in times),
        fault_at_s=round(chance.random() * _LASTS_S, 3),
        is_full=chance.random() < 1 / 2,
        halvings=chance.choice((0, 3, 4)),
        linear_takes_s=chance.randrange(_MOST_MILLISECONDS_OF_LINEAR) / 1000,
    )


def _draw_step(chance: Random, at_s: float) -> Step:
    kind = chance.choice(_KINDS)
    match kind:
        case "change":
            return Step(at_s=at_s, kind=kind, change=_draw_change(chance))
        case "read":
            return Step(at_s=at_s, kind=kind, page=chance.choice(_PAGES))
        case "act":
            act = chance.choice(("person", "person", "token"))
            return Step(at_s=at_s, kind=kind, act=act, name=_draw_name(chance))
        case "deliver":
            edit = ("edit", "issues", chance.randrange(1000), 0)
            return Step(at_s=at_s, kind=kind, change=edit, name=_draw_name(chance))


def _draw_name(chance: Random) -> str:
    return f"{chance.getrandbits(64):016x}"


def _draw_change(chance: Random) -> Change:
    root, first, second = chance.choice(_CHANGED), chance.randrange(1000), chance.randrange(1000)
    what = chance.choice(("add", "add", "edit", "edit", "edit", "remove", "live", "refer"))
    match what:
        case "live":
            return what, chance.choice(_LIVES), first, second
        case "refer":
            return what, chance.choice(("parent", "labelIds", "assignee")), first, second
        case "remove":
            return what, chance.choice(("issues", "comments", "attachments")), first, second
        case _:
            return what, root, first, second
