"""What a node says of a release, and what is taken to be so when it says nothing."""

from datetime import UTC, date, datetime

import pytest

from shareable_backlog.streams.releases import (
    ITEM_RELEASES,
    RELEASE_NOTES,
    RELEASE_PIPELINES,
    RELEASE_STAGES,
    RELEASES,
)
from shareable_backlog.streams.stream import Stream
from tests.streams.reading import read

PIPELINE = {"pipeline": {"id": "app"}}


def test_a_release_has_days_that_are_planned_and_times_at_which_it_was() -> None:
    told = {"targetDate": "2026-03-01", "completedAt": "2026-03-02T10:00:00.000Z", "stage": {"id": "done"}}
    release = read(RELEASES, name="Spring", version="4.21", **PIPELINE, **told)
    assert (release.pipeline_id, release.stage_id, release.version) == ("app", "done", "4.21")
    assert (release.start_date, release.target_date) == (None, date(2026, 3, 1))
    assert (release.completed_at, release.canceled_at) == (datetime(2026, 3, 2, 10, tzinfo=UTC), None)
    assert read(RELEASES, name="Spring") == "pipeline"


@pytest.mark.parametrize("stream", [RELEASES, RELEASE_PIPELINES], ids=["releases", "pipelines"])
def test_what_is_not_said_to_be_in_the_trash_is_not(stream: Stream) -> None:
    assert [read(stream, name="App", trashed=told, **PIPELINE).trashed for told in (None, False, True)] == [
        *(False, False, True)
    ]


def test_a_stage_without_a_position_comes_first() -> None:
    assert read(RELEASE_STAGES, name="Testing", type="started", position=None, **PIPELINE).position == 0


def test_a_note_names_the_releases_that_it_reaches_over() -> None:
    note = read(RELEASE_NOTES, title=None, firstRelease={"id": "4.20"}, lastRelease={"id": "4.21"}, **PIPELINE)
    assert (note.title, note.first_release_id, note.last_release_id) == (None, "4.20", "4.21")


def test_an_issue_in_a_release_names_both() -> None:
    part = read(ITEM_RELEASES, issue={"id": "door"}, release={"id": "4.21"})
    assert (part.issue_id, part.release_id) == ("door", "4.21")
    assert read(ITEM_RELEASES, issue={"id": "door"}, release=None) == "release"
