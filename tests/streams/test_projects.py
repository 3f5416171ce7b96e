"""What a node says of a plan, and what is taken to be so when it says nothing."""

from datetime import date

import pytest

from shareable_backlog.streams.projects import (
    CYCLES,
    INITIATIVE_PROJECTS,
    INITIATIVE_UPDATES,
    INITIATIVES,
    PROJECT_LABELS,
    PROJECT_RELATIONS,
    PROJECT_STATUSES,
    PROJECT_UPDATES,
    PROJECTS,
)
from shareable_backlog.streams.stream import Stream
from tests.streams.reading import read


def test_a_project_has_days_and_not_times() -> None:
    project = read(PROJECTS, name="Roof", startDate="2026-03-01", targetDate=None)
    assert (project.start_date, project.target_date) == (date(2026, 3, 1), None)
    assert read(PROJECTS, name="Roof", startDate="1066-10-14") == "start_date"


def test_a_project_status_without_a_position_comes_first() -> None:
    assert read(PROJECT_STATUSES, name="Planned", type="planned", position=None).position == 0


def test_an_update_is_of_a_project_and_hides_its_differences_unless_linear_shows_them() -> None:
    update = read(PROJECT_UPDATES, body="On *track*.", project={"id": "roof"}, isDiffHidden=False)
    assert (update.project_id, update.user_id, update.edited_at, update.is_diff_hidden) == ("roof", None, None, False)
    assert read(PROJECT_UPDATES, body="On *track*.", project={"id": "roof"}).is_diff_hidden is True
    assert read(PROJECT_UPDATES, body="On *track*.") == "project"


def test_a_cycle_has_a_whole_number() -> None:
    assert read(CYCLES, number=7.0).number == 7
    assert read(CYCLES, number=-1) == "number"


def test_a_part_of_an_initiative_names_both() -> None:
    part = read(INITIATIVE_PROJECTS, initiative={"id": "homes"}, project={"id": "roof"})
    assert (part.initiative_id, part.project_id) == ("homes", "roof")
    assert read(INITIATIVE_PROJECTS, initiative={"id": "homes"}, project=None) == "project"


@pytest.mark.parametrize("stream", [PROJECTS, CYCLES], ids=["projects", "cycles"])
def test_a_plan_has_a_number_for_each_time_and_none_where_nothing_is_told(stream: Stream) -> None:
    plan = read(stream, name="Roof", number=1, issueCountHistory=[4, 6.5])
    assert (plan.issue_count_history, plan.scope_history) == ([4.0, 6.5], [])


def test_a_relation_of_projects_names_both_and_a_milestone_where_that_is_meant() -> None:
    ends = {"project": {"id": "roof"}, "relatedProject": {"id": "walls"}, "relatedProjectMilestone": {"id": "dry"}}
    relation = read(PROJECT_RELATIONS, type="blocks", anchorType="project", relatedAnchorType="milestone", **ends)
    assert (relation.project_id, relation.related_project_id) == ("roof", "walls")
    assert (relation.project_milestone_id, relation.related_project_milestone_id) == (None, "dry")


def test_a_project_label_is_a_group_only_when_it_says_so() -> None:
    assert [read(PROJECT_LABELS, name="Risk", isGroup=told).is_group for told in (None, False, True)] == [
        *(False, False, True)
    ]


def test_an_initiative_may_be_a_part_of_another() -> None:
    assert read(INITIATIVES, name="Homes", parentInitiative={"id": "houses"}).parent_initiative_id == "houses"
    assert read(INITIATIVES, name="Homes").parent_initiative_id is None


def test_an_update_is_of_an_initiative_and_hides_its_differences_unless_linear_shows_them() -> None:
    update = read(INITIATIVE_UPDATES, body="Well.", initiative={"id": "homes"})
    assert (update.initiative_id, update.health, update.is_diff_hidden) == ("homes", None, True)
    assert read(INITIATIVE_UPDATES, body="Well.") == "initiative"
