"""What a node says of a plan, and what is taken to be so when it says nothing."""

from datetime import date

from shareable_backlog.streams.projects import (
    CYCLES,
    INITIATIVE_PROJECTS,
    PROJECT_STATUSES,
    PROJECT_UPDATES,
    PROJECTS,
)
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
