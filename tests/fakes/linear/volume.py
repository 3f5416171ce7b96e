"""Make a workspace of realistic volume."""

import gzip
import json
from pathlib import Path
from random import Random

from tests.fakes.linear.rows import Row
from tests.fakes.linear.world import World

_CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "commit-messages.jsonl.gz"
_VERBS = ("Add", "Fix", "Move", "Show", "Hide", "Split", "Rename", "Explain", "Speed up", "Retire")
_THINGS = ("search", "invoice", "calendar", "sign-in", "export", "reminder", "map", "receipt", "queue", "menu")
_ENDS = ("on phones", "for managers", "after midnight", "when offline", "in the archive", "without a name")
_TEAMS = (("ENG", "Engineering"), ("OPS", "Operations"), ("WEB", "Website"), ("APP", "Mobile app"))
_PEOPLE = ("Bob Birch", "Carol Cole", "Mallory Moss", "Dana Dale", "Erin Elm", "Frank Ford", "Grace Glen")
_PROJECT_STATUSES = (("Planned", "planned"), ("In Progress", "started"), ("Completed", "completed"))
_RELATIONS = ("blocks", "duplicate", "related", "similar")
_RELEASED = 10
"""The how many-th issue is in a release."""
_LABELS = ("Bug", "Feature", "Improvement", "Customer", "Security", "Design", "Documentation", "Chore")


def volume(n_issues: int, *, seed: int = 0) -> World:
    """Make a workspace with `n_issues` issues, a tenth of them archived, and a comment to each fourth.

    A tenth has an attachment, a twentieth a relation to an issue before it.

    Titles and bodies are those of the corpus beside the project when it is there, else made of a few words.
    """
    world = World(seed)
    random = world.random
    teams = [world.add_team(key, name) for key, name in _TEAMS]
    states = {
        team["id"]: [row for row in world.rows["workflowStates"].values() if row["team"] == team["id"]]
        for team in teams
    }
    cycles = {team["id"]: [world.add_cycle(team, number) for number in range(1, 13)] for team in teams}
    people = [world.viewer, *(world.add_person(name) for name in _PEOPLE)]
    labels = [world.add_label(name) for name in _LABELS]
    statuses = [
        world.add_project_status(name, kind, position=position)
        for position, (name, kind) in enumerate(_PROJECT_STATUSES)
    ]
    projects = [
        world.add_project(f"{thing.capitalize()} {end}", status=random.choice(statuses)["id"])
        for thing in _THINGS
        for end in _ENDS[:3]
    ]
    for end in _ENDS:
        initiative = world.add_initiative(f"Everything {end}", owner=random.choice(people)["id"])
        for project in random.sample(projects, 3):
            world.add_initiative_project(initiative, project)
    milestones = {
        project["id"]: [world.add_milestone(project, name) for name in ("Alpha", "Beta")] for project in projects
    }
    texts = _texts(random)
    issues: list[Row] = []
    for _ in range(n_issues):
        team, project = random.choice(teams), random.choice([None, *projects])
        title, body = random.choice(texts)
        issue = world.add_issue(
            team,
            title=title,
            description=body or None,
            priority=random.randrange(5),
            estimate=random.choice((None, 1, 2, 3, 5)),
            sortOrder=random.uniform(-1000, 1000),
            prioritySortOrder=random.uniform(-1000, 1000),
            labelIds=[label["id"] for label in random.sample(labels, random.randrange(4))],
            state=random.choice(states[team["id"]])["id"],
            creator=random.choice(people)["id"],
            assignee=_some(random, people),
            cycle=_some(random, cycles[team["id"]]),
            project=project and project["id"],
            projectMilestone=project and _some(random, milestones[project["id"]]),
        )
        if random.random() < 0.1:
            issue["archivedAt"] = issue["autoArchivedAt"] = issue["updatedAt"]
        if random.random() < 0.25:
            world.add_comment(issue, random.choice(texts)[1] or "Agreed.", user=random.choice(people)["id"])
        if random.random() < 0.1:
            world.add_attachment(issue, f"Pull request {issue['number']}", sourceType="github")
        if random.random() < 0.05 and issues:
            world.add_relation(issue, random.choice(issues), random.choice(_RELATIONS))
        issues.append(issue)
    release = world.add_one("releases", said="Spring")
    for issue in issues[::_RELEASED]:
        world.add("issueToReleases", issue=issue["id"], release=release["id"])
    world.fill()
    return world


def _some(random: Random, rows: list[Row]) -> str | None:
    """Return the id of one of the rows, or for every third issue none."""
    return random.choice(rows)["id"] if random.randrange(3) else None


def _texts(random: Random) -> list[tuple[str, str]]:
    if _CORPUS.exists():
        with gzip.open(_CORPUS, "rt", encoding="utf-8") as lines:
            return [(message["title"], message["body"]) for message in map(json.loads, lines)]
    titles = [f"{verb} the {thing} {end}" for verb in _VERBS for thing in _THINGS for end in _ENDS]
    return [(title, " ".join(random.choices(titles, k=random.randrange(12)))) for title in titles]
