"""What a filter of Linear means here: exactly that, as an address, or which clause has no meaning, in words."""

from typing import Any

import pytest

from shareable_backlog.database.linear_views.view_names import NameRow, ViewNameKind, ViewNames
from shareable_backlog.services.linear_views.translation import Translation, list_texts, translate_view


def row(kind: ViewNameKind, id_: str, text: str, *, role: str = "name", team: str | None = None) -> NameRow:
    is_word = not (kind == "team" and role == "name")
    return NameRow(kind=kind, id=id_, role=role, text=text, folded=text.lower(), team_id=team, is_word=is_word)


ROWS = (
    row("team", "t-fld", "FLD", role="key", team="t-fld"),
    row("team", "t-fld", "Field", team="t-fld"),
    row("team", "t-ops", "OPS", role="key", team="t-ops"),
    row("team", "t-ops", "Operations", team="t-ops"),
    row("state", "s-fld-review", "In Review", team="t-fld"),
    row("state", "s-ops-review", "in review", team="t-ops"),
    row("state", "s-fld-next", "Next & now", team="t-fld"),
    row("person", "p-ada", "Ada Example"),
    row("person", "p-ada", "ada", role="displayName"),
    row("person", "p-ben", "Ben Example"),
    row("person", "p-other-ben", "Ben Example"),
    row("person", "p-other-ben", "ben2", role="displayName"),
    row("label", "l-bug", "Bug"),
    row("label", "l-urgent", "Urgent"),
    row("label", "l-web", "Web"),
    row("label", "l-web", "Area", role="group"),
    row("label", "l-area", "area"),
    row("label", "l-twin-1", "Twin"),
    row("label", "l-twin-2", "twin"),
    row("project", "j-apollo", "Apollo"),
    row("project", "j-gemini", " Gemini"),
    row("project", "j-long", "x" * 201),
    row("milestone", "m-one", "One"),
    row("milestone", "m-other-one", "One"),
    row("cycle", "c-fld-12", "12", role="number", team="t-fld"),
    row("cycle", "c-fld-12", "Sprint", team="t-fld"),
    row("cycle", "c-ops-12", "12", role="number", team="t-ops"),
    *(row("project", f"j-{number}", f"Project {number}") for number in range(60)),
)
NAMES = ViewNames(rows=ROWS)

NO_DAY = "is no day that is the same for every reader, so it can't be had here."
UNKNOWN = "names what is not in the mirror, or not offered here."
MOMENT = "is about a moment, and days begin here where the reader is."

MEANT: list[tuple[Any, str]] = [
    ({}, ""),
    ({"and": [{}]}, ""),
    ({"team": {"id": {"eq": "t-fld"}}}, "team=FLD"),
    ({"team": {"key": {"in": ["OPS", "FLD"]}}}, "team=FLD&team=OPS"),
    ({"team": {"name": {"eq": "Field"}}}, "team=FLD"),
    ({"team": {"id": {"neq": "t-fld"}}}, "-team=FLD"),
    ({"state": {"type": {"in": ["started", "unstarted"]}}}, "type=started&type=unstarted"),
    ({"state": {"type": {"nin": ["completed", "canceled"]}}}, "-type=canceled&-type=completed"),
    ({"state": {"type": {"in": ["started", "completed"], "neq": "completed"}}}, "type=started"),
    ({"state": {"id": {"eq": "s-fld-next"}}}, "state=Next+%26+now"),
    ({"state": {"id": {"in": ["s-fld-review", "s-ops-review"]}}}, "state=In+Review"),
    ({"state": {"name": {"eqIgnoreCase": "IN REVIEW"}}}, "state=In+Review"),
    (
        {"and": [{"state": {"id": {"eq": "s-fld-review"}}}, {"team": {"id": {"eq": "t-fld"}}}]},
        "team=FLD&state=In+Review",
    ),
    ({"assignee": {"id": {"eq": "p-ada"}}}, "assignee=Ada+Example"),
    ({"assignee": {"displayName": {"eq": "ada"}}}, "assignee=Ada+Example"),
    ({"assignee": {"id": {"eq": "p-other-ben"}}}, "assignee=ben2"),
    ({"assignee": {"name": {"eq": "Ben Example"}}}, "assignee=Ben+Example"),
    ({"assignee": {"null": True}}, "no=assignee"),
    ({"assignee": {"null": False}}, "has=assignee"),
    ({"assignee": {"or": [{"id": {"eq": "p-ada"}}, {"null": True}]}}, "assignee=Ada+Example&no=assignee"),
    ({"or": [{"assignee": {"id": {"eq": "p-ada"}}}, {"assignee": {"null": True}}]},
     "assignee=Ada+Example&no=assignee"),
    ({"or": [{"project": {"id": {"neq": "j-apollo"}}}, {"project": {"null": True}}]}, "-project=Apollo"),
    ({"project": {"id": {"nin": ["j-apollo"]}, "null": False}}, "-project=Apollo&has=project"),
    ({"project": {"id": {"in": ["j-apollo", "j-1"]}}}, "project=Apollo&project=Project+1"),
    ({"and": [{"project": {"id": {"in": ["j-apollo", "j-1"]}}}, {"project": {"id": {"neq": "j-1"}}}]},
     "project=Apollo"),
    ({"projectMilestone": {"id": {"in": ["m-one", "m-other-one"]}}}, "milestone=One"),
    ({"labels": {"id": {"in": ["l-bug", "l-urgent"]}}}, "label=Bug&label=Urgent"),
    ({"labels": {"some": {"name": {"eq": "Bug"}}}}, "label=Bug"),
    ({"labels": {"every": {"id": {"nin": ["l-bug", "l-urgent"]}}}}, "-label=Bug&-label=Urgent"),
    ({"and": [{"labels": {"id": {"eq": "l-bug"}}}, {"labels": {"id": {"eq": "l-urgent"}}}]},
     "label.all=Bug&label.all=Urgent"),
    ({"and": [{"labels": {"id": {"eq": "l-bug"}}}, {"labels": {"every": {"id": {"neq": "l-web"}}}}]},
     "label=Bug&-label=Web"),
    ({"labels": {"null": True}}, "no=label"),
    ({"or": [{"labels": {"null": True}}, {"labels": {"name": {"eq": "Bug"}}}]}, "label=Bug&no=label"),
    ({"labels": {"id": {"in": ["l-twin-1", "l-twin-2"]}}}, "label=Twin"),
    ({"priority": {"lte": 2}}, "priority=high&priority=none&priority=urgent"),
    ({"priority": {"lte": 2, "neq": 0}}, "priority=high&priority=urgent"),
    ({"priority": {"in": [1.0, 4]}}, "priority=low&priority=urgent"),
    ({"priority": {"gt": 2.5}}, "priority=low&priority=medium"),
    ({"priority": {"gte": 0}}, ""),
    ({"estimate": {"in": [3, 0.5]}}, "estimate=0.5&estimate=3"),
    ({"estimate": {"null": True}}, "no=estimate"),
    ({"dueDate": {"lte": "2026-12-24"}}, "due=..2026-12-24"),
    ({"dueDate": {"lt": "2026-12-24"}}, "due=..2026-12-23"),
    ({"dueDate": {"gt": "2026-12-24"}}, "due=2026-12-25.."),
    ({"dueDate": {"gte": "2026-12-01", "lte": "2026-12-24"}}, "due=2026-12-01..2026-12-24"),
    ({"and": [{"dueDate": {"gte": "2026-12-01"}}, {"dueDate": {"lt": "2026-12-02"}}]}, "due=2026-12-01"),
    ({"dueDate": {"in": ["2026-12-24", "2026-12-01"]}}, "due=2026-12-01&due=2026-12-24"),
    ({"dueDate": {"null": False}}, "has=due"),
    ({"dueDate": {"null": False, "lte": "2026-12-24"}}, "due=..2026-12-24"),
    ({"completedAt": {"null": True}}, "no=completed"),
    (
        {"and": [{"team": {"id": {"eq": "t-fld"}}}, {"cycle": {"id": {"eq": "c-fld-12"}}}]},
        "team=FLD&cycle=12",
    ),
    ({"cycle": {"id": {"eq": "c-fld-12"}}}, "cycle=Sprint"),
]  # fmt: skip

REFUSED: list[tuple[Any, str]] = [
    ({"subscribers": {"some": {"id": {"eq": "p-ada"}}}}, "“subscribers” has no meaning here."),
    ({"title": {"contains": "map"}}, "“title” has no meaning here."),
    ({"project": {"name": {"contains": "Apollo"}}}, "“project.name.contains” has no meaning here."),
    ({"project": {"status": {"type": {"eq": "started"}}}}, "“project.status” has no meaning here."),
    ({"project": {"id": {"neq": "j-apollo"}}}, "“project” leaves open whether it means what has none, too."),
    ({"estimate": {"nin": [3]}}, "“estimate” leaves open whether it means what has none, too."),
    ({"assignee": {"isMe": {"eq": True}}}, "“assignee.isMe” has no meaning here."),
    ({"assignee": {"id": {"eq": "p-ben"}}}, "“assignee” names “Ben Example”, and something else is called so, too."),
    ({"assignee": {"null": None}}, "“assignee.null” has no meaning here."),
    ({"cycle": {"isActive": {"eq": True}}}, "“cycle.isActive” has no meaning here."),
    ({"state": {"id": {"eq": "s-fld-review"}}}, "“state” names “In Review”, and something else is called so, too."),
    ({"state": {"name": {"eq": "In Review"}}}, "“state” names “In Review”, and something else is called so, too."),
    ({"state": {"type": {"eq": "Started"}}}, "“state.type.eq” names a type of states that is unknown here."),
    ({"state": {"or": [{"type": {"eq": "started"}}, {"name": {"eq": "Next & now"}}]}},
     "“state.or” joins different things, which has no meaning here."),
    ({"or": [{"priority": {"eq": 1}}, {"dueDate": {"null": False}}]},
     "“or” joins different things, which has no meaning here."),
    ({"or": [{"priority": {"eq": 1}}, {}]}, "“or” joins different things, which has no meaning here."),
    ({"or": []}, "“or” has no meaning here."),
    ({"and": {"priority": {"eq": 1}}}, "“and” has no meaning here."),
    ({"labels": {"id": {"nin": ["l-bug"]}}}, "“labels.id.nin” has no meaning here."),
    ({"labels": {"every": {"id": {"in": ["l-bug"]}}}}, "“labels.every.id.in” has no meaning here."),
    ({"labels": {"some": {"id": {"eq": "l-bug"}}, "every": {"id": {"neq": "l-web"}}}},
     "“labels” doesn't say one thing of labels, which has no exact meaning here."),
    ({"labels": {"and": [{"id": {"eq": "l-bug"}}, {"id": {"eq": "l-web"}}]}},
     "“labels” doesn't say one thing of labels, which has no exact meaning here."),
    ({"labels": {"name": {"eq": "area"}}}, "“labels” names “area”, and something else is called so, too."),
    ({"labels": {"name": {"eq": "bug"}}}, f"“labels.name.eq” {UNKNOWN}"),
    ({"or": [{"labels": {"every": {"id": {"neq": "l-bug"}}}}, {"labels": {"id": {"eq": "l-web"}}}]},
     "“or” joins different things, which has no meaning here."),
    ({"and": [{"labels": {"id": {"in": ["l-bug", "l-web"]}}}, {"labels": {"id": {"eq": "l-urgent"}}}]},
     "“labels” asks for any of some labels and for others at once."),
    ({"priority": {"null": True}}, "“priority.null” has no meaning here."),
    ({"priority": {"lte": "2"}}, "“priority.lte” has no meaning here."),
    ({"priority": {"lte": True}}, "“priority.lte” has no meaning here."),
    ({"priority": {"gt": 4}}, "“priority” is met by nothing."),
    ({"priority": {"in": []}}, "“priority.in” has no meaning here."),
    ({"priority": 2}, "“priority” has no meaning here."),
    ({"estimate": {"gte": 3}}, "“estimate.gte” has no meaning here."),
    ({"estimate": {"eq": -1}}, "The filter “estimate” doesn't accept “-1”. Choose from what the page offers."),
    ({"dueDate": {"lt": "P1W"}}, f"“dueDate.lt” {NO_DAY}"),
    ({"dueDate": {"lt": "2026"}}, f"“dueDate.lt” {NO_DAY}"),
    ({"dueDate": {"eq": "20261224"}},
     f"“dueDate.eq” {NO_DAY}"),
    ({"dueDate": {"neq": "2026-12-24"}}, "“dueDate.neq” has no meaning here."),
    ({"dueDate": {"gte": "2026-12-24", "lt": "2026-12-24"}}, "“dueDate” is met by nothing."),
    ({"dueDate": {"in": [f"2026-12-{day}" for day in range(10, 19)]}}, "“dueDate” names more than 8 spans of days."),
    ({"createdAt": {"gt": "2026-11-01T00:00:00Z"}},
     f"“createdAt” {MOMENT}"),
    ({"completedAt": {"gt": "-P2W"}}, f"“completedAt.gt” {MOMENT}"),
    ({"project": {}}, "“project” has no meaning here."),
    ({"project": {"id": {}}}, "“project.id” has no meaning here."),
    ({"project": {"id": {"eq": None}}}, f"“project.id.eq” {UNKNOWN}"),
    ({"project": {"id": {"eq": ["j-apollo"]}}}, f"“project.id.eq” {UNKNOWN}"),
    ({"project": {"id": {"eq": "j-gemini"}}}, "A name in the filter can't stand in an address here."),
    ({"project": {"id": {"eq": "j-long"}}}, "A name in the filter can't stand in an address here."),
    ({"project": {"id": {"in": [f"j-{number}" for number in range(60)]}}},
     "Too many filters at once. Use at most 50."),
    ({"and": [{"team": {"key": {"eq": "OPS"}}}, {"cycle": {"id": {"eq": "c-fld-12"}}}]},
     "“cycle” is met by nothing in its team."),
    ({"x" * 500: 1}, f"“{'x' * 80}” has no meaning here."),
    ([], "“filter” isn't a filter that can be read."),
    ("state", "“filter” isn't a filter that can be read."),
    (None, "“filter” isn't a filter that can be read."),
    ({"and": [{"priority": {"eq": 1}}, 7]}, "“filter” isn't a filter that can be read."),
    ({"and": [{"priority": {"eq": 1}}] * 2_000}, "The filter is too large to be read here."),
]  # fmt: skip


@pytest.mark.parametrize(("filter_data", "query"), MEANT)
def test_a_filter_whose_clauses_all_have_a_meaning_becomes_an_address(filter_data: object, query: str) -> None:
    assert translate_view(filter_data, None, NAMES) == Translation(query)


@pytest.mark.parametrize(("filter_data", "words"), REFUSED)
def test_a_clause_without_a_meaning_is_named(filter_data: object, words: str) -> None:
    assert translate_view(filter_data, None, NAMES) == Translation(None, (words,))


def test_every_clause_without_a_meaning_is_named_once_and_not_without_end() -> None:
    clauses: list[dict[str, Any]] = [{"subscribers": {}}, {"subscribers": {}}, {"title": {"eq": "x"}}]
    assert translate_view({"and": clauses}, None, NAMES).refusals == (
        "“subscribers” has no meaning here.",
        "“title” has no meaning here.",
    )
    many: dict[str, object] = {f"clause{number}": 1 for number in range(1_000)}
    assert len(translate_view(many, None, NAMES).refusals) == 20


def test_a_filter_without_end_is_not_read() -> None:
    deep: object = {}
    for _ in range(100_000):
        deep = {"and": [deep]}
    assert translate_view(deep, None, NAMES).refusals == ("The filter is too large to be read here.",)
    assert list_texts(deep) == set()


def test_the_team_of_a_view_is_a_clause() -> None:
    assert (
        translate_view({"state": {"id": {"eq": "s-fld-review"}}}, "t-fld", NAMES).query == "team=FLD&state=In+Review"
    )
    assert translate_view({"team": {"id": {"eq": "t-ops"}}}, "t-fld", NAMES).refusals == (
        "“team” is met by nothing.",
    )
    assert translate_view({}, "t-unknown", NAMES).refusals == (f"“team.id.eq” {UNKNOWN}",)


@pytest.mark.parametrize(
    ("names", "filter_data", "words"),
    [
        (
            ViewNames(rows=ROWS, shows_people=False),
            {"assignee": {"null": True}},
            "“assignee” asks for people, who are not shown here.",
        ),
        (
            ViewNames(rows=ROWS, shows_estimates=False),
            {"estimate": {"null": True}},
            "“estimate” asks for estimates, which are not shown here for every team.",
        ),
        (
            ViewNames(rows=ROWS, offers_all_labels=False),
            {"labels": {"null": True}},
            "“labels.null” also counts labels that are not offered here.",
        ),
    ],
)
def test_what_is_not_shown_here_has_no_meaning(names: ViewNames, filter_data: object, words: str) -> None:
    assert translate_view(filter_data, None, names).refusals[:1] == (words,)


def test_the_texts_of_a_filter_are_what_it_may_name() -> None:
    filter_data = {"and": [{"team": {"id": {"in": ["t-fld", "t-ops"]}}}, {"priority": {"eq": 1}}]}
    assert list_texts(filter_data) == {"t-fld", "t-ops"}
