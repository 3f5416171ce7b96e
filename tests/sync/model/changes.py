"""Change a world in all the ways in which people change a workspace."""

from contextlib import suppress
from typing import TypeAlias

from hypothesis import strategies as st

from tests.fakes.linear import Row, World
from tests.fakes.linear.rows import LISTS, instant

Change: TypeAlias = tuple[str, str, int, int]
"""What is done, to which list or field, and two numbers that pick rows."""

_REFERRED = {
    "project": "projects",
    "projectMilestone": "projectMilestones",
    "cycle": "cycles",
    "assignee": "users",
    "parent": "issues",
}
"""Fields of an issue, and the list of what they may refer to."""
_PLANS = ("projects", "initiatives", "projectRelations", "customViews", "releases", "releaseNotes")
_REFERRING = [f"{root}.{field}" for root in _PLANS for field in LISTS[root].refers]
"""Lists whose rows come to refer to others, with the field."""
_DRIFTING = ("projects", "cycles", "initiatives", "issues")
"""Lists of which something changes although nobody edits it."""
_LIVES = ("archive", "unarchive", "trash", "restore", "delete")
_OFTEN = ("issues", "issues", "comments", "issueRelations", "attachments")

ROOTS = (*LISTS, *_OFTEN)
"""The lists that are changed, some of them more often than others."""

_roots = st.sampled_from(ROOTS)
_picks = st.integers(0, 9)
changes: st.SearchStrategy[Change] = st.one_of(
    st.tuples(st.sampled_from(["add", "edit", "edit", "remove", "bulk"]), _roots, _picks, _picks),
    st.tuples(st.just("live"), st.sampled_from(_LIVES), _picks, _picks),
    st.tuples(st.just("refer"), st.sampled_from([*_REFERRED, "labelIds"]), _picks, _picks),
    st.tuples(st.sampled_from(["move", "hide", "show"]), st.just("teams"), _picks, _picks),
    st.tuples(st.just("relate"), st.sampled_from(_REFERRING), _picks, _picks),
    st.tuples(st.just("drift"), st.sampled_from(_DRIFTING), _picks, _picks),
    st.tuples(st.just("pass"), st.sampled_from(["5", "600", "172800"]), _picks, _picks),
)


def apply(world: World, change: Change) -> None:
    """Make a change; one that has nothing to work on, or that Linear forbids, is none."""
    what, of, first, second = change
    match what:
        case "add":
            _add(world, of, first, second)
        case "pass":
            world.pass_time(float(of))
        case "bulk":
            world.bulk_edit(list(world.rows[of].values()), **{LISTS[of].written: f"said of all {world.version}"})
        case "refer":
            _refer(world, of, first, second)
        case "move":
            _move(world, first, second)
        case "relate":
            _relate(world, of, first, second)
        case "drift":
            _drift(world, of, first, second)
        case _:
            root = "issues" if what == "live" else of
            if row := _pick(world, root, first):
                _on_row(world, what, of, row)


def _move(world: World, first: int, second: int) -> None:
    issue, team = _pick(world, "issues", first), _pick(world, "teams", second)
    if issue and team and issue["team"] != team["id"]:
        world.move(issue, team)


def _drift(world: World, root: str, first: int, second: int) -> None:
    """Add a week or a day to what is known of a plan, write into its text, or drag an issue into another cycle."""
    row = _pick(world, root, first)
    if row is None:
        return
    if root == "issues":
        cycle = _pick(world, "cycles", second)
        if cycle:
            world.drift(row, cycle=cycle["id"], addedToCycleAt=instant(world.now), sortOrder=float(world.version))
    elif root == "initiatives" or (root == "projects" and second % 2):
        world.drift(row, content=f"said {world.version}")
    else:
        world.drift(row, issueCountHistory=[*row["issueCountHistory"], second + 0.5])


def _on_row(world: World, what: str, of: str, row: Row) -> None:
    match what:
        case "live":
            getattr(world, of)(row)
        case "edit":
            world.edit(row, **{LISTS[of].written: f"said {world.version}"})
        case "hide":
            world.hide_team(row)
        case "show":
            world.show_team(row)
        case _:
            with suppress(ValueError):
                world.remove(row)


def _pick(world: World, root: str, number: int) -> Row | None:
    rows = list(world.rows[root].values())
    return rows[number % len(rows)] if rows else None


def _refer(world: World, field: str, first: int, second: int) -> None:
    issue, target = _pick(world, "issues", first), _pick(world, _REFERRED.get(field, "issueLabels"), second)
    if issue and target and issue is not target:
        world.edit(issue, **{field: [target["id"]] if field == "labelIds" else target["id"]})


def _relate(world: World, of: str, first: int, second: int) -> None:
    root, _, field = of.partition(".")
    row, target = _pick(world, root, first), _pick(world, LISTS[root].refers[field][0], second)
    if row and target and row is not target:
        world.edit(row, **{field: [target["id"]] if field == "labelIds" else target["id"]})


def _add(world: World, root: str, first: int, second: int) -> None:
    """Add a row to a list; one that hangs on others needs them to be there."""
    needed = LISTS[root].needs.values()
    rows = [row for of, number in zip(needed, (first, second), strict=False) if (row := _pick(world, of, number))]
    if len(rows) == len(needed):
        world.add_one(root, *rows, said=f"{world.version}")


def first_world(world: World) -> World:
    """Fill a world with a little of everything."""
    teams = [world.add_team("ENG", "Engineering"), world.add_team("FLD", "Field")]
    label, project, initiative = world.add_label("Bug"), world.add_project("Roof"), world.add_initiative("Homes")
    world.add_initiative_project(initiative, project)
    world.add_milestone(project, "Beta")
    issues = [
        world.add_issue(teams[number % 2], labelIds=[label["id"]], project=project["id"]) for number in range(5)
    ]
    world.edit(issues[3], parent=issues[0]["id"])
    world.add_comment(issues[0])
    world.add_relation(issues[0], issues[1])
    world.add_attachment(issues[2])
    world.add_cycle(teams[0], 1)
    world.fill()
    return world
