"""What a node says of an issue and of what hangs on it, and what is taken to be so when it says nothing."""

from typing import Any

import pytest

from shareable_backlog.streams.issues import ATTACHMENTS, COMMENTS, ISSUES, RELATIONS
from shareable_backlog.streams.stream import Stream
from tests.streams.reading import read

_ISSUE: dict[str, Any] = {"identifier": "ENG-1", "number": 1, "title": "A title", "team": {"id": "team"}}


def test_an_issue_may_leave_out_what_the_csv_export_does_not_have() -> None:
    item = read(ISSUES, **_ISSUE)
    assert (item.priority, item.label_ids, item.previous_identifiers, item.trashed) == (0, [], [], False)
    assert item.team_id == "team"
    assert item.state_id is item.parent_id is None


@pytest.mark.parametrize("field", ["priority", "labelIds", "previousIdentifiers"])
def test_an_issue_that_has_null_where_linear_never_does_is_set_aside(field: str) -> None:
    assert read(ISSUES, **_ISSUE | {field: None}) == field


def test_an_issue_is_out_of_the_trash_when_that_is_null() -> None:
    assert read(ISSUES, **_ISSUE, trashed=None).trashed is False
    assert read(ISSUES, **_ISSUE, trashed=True).trashed is True


@pytest.mark.parametrize(
    ("stream", "fields"),
    [(RELATIONS, {"type": "blocks", "relatedIssue": {"id": "other"}}), (ATTACHMENTS, {"title": "A", "url": "b"})],
)
def test_a_relation_and_an_attachment_are_of_an_issue(stream: Stream, fields: dict[str, Any]) -> None:
    assert read(stream, **fields, issue={"id": "issue"}).issue_id == "issue"
    assert read(stream, **fields) == "issue"


def test_a_comment_may_be_of_something_else_and_of_a_bot() -> None:
    comment = read(COMMENTS, body="Done.", issue=None, user=None)
    assert comment.issue_id is comment.user_id is None


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        ({"name": "Octo Cat"}, "Octo Cat"),
        ({"name": None}, None),
        (None, None),
        ('{"name": "GitHub", "type": "github"}', "GitHub"),
        ("GitHub", None),
    ],
)
def test_whoever_is_no_person_of_linear_has_a_name_be_it_in_an_answer_or_in_a_delivery(
    actor: object, name: str | None
) -> None:
    comment = read(COMMENTS, body="Done.", externalUser=actor, botActor=actor)
    assert (comment.external_user_name, comment.bot_actor_name) == (name, name)
    assert read(ISSUES, **_ISSUE, externalUserCreator=actor).external_user_creator_name == name


def test_a_comment_that_is_not_said_to_be_hidden_may_be() -> None:
    assert read(COMMENTS, body="Done.").hide_in_linear is None
    assert read(COMMENTS, body="Done.", hideInLinear=False).hide_in_linear is False
