"""What the API says of an item: the same names on every line, null for what is not there or may not be shown."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs
from msgspec.structs import replace

from shareable_backlog.controllers.api import answers
from shareable_backlog.controllers.api.answers import Answer, Comment, Cycle, Item, Page, State, Team
from shareable_backlog.database.backlog.comments import ShownComment
from shareable_backlog.database.backlog.item_details import ItemDetails
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.services.backlog.items import CommentThread, ItemPage, SubItemProgress

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)

LINE = ListedItem(
    id="id-1",
    identifier="ENG-1",
    title="Fix the roof",
    team="Engineering",
    priority=2,
    estimate=3.0,
    issue_estimation_type="tShirt",
    due_date=date(2026, 2, 28),
    created_at=NOON,
    updated_at=NOON + timedelta(hours=1),
    archived_at=None,
    is_open=True,
    state_name="Doing",
    state_type="started",
    state_color="#00ff00",
    state_is_advanced=False,
    assignee="Dana",
    project="Roof",
    milestone="Dry",
    cycle_number=4,
    labels=[("bug", "#ff0000"), ("urgent", None)],
)
DETAILS = ItemDetails(
    id="id-1",
    identifier="ENG-1",
    title="Fix the roof",
    description="It *leaks*.",
    url="https://example.com/ENG-1",
    priority=2,
    estimate=3.0,
    issue_estimation_type="tShirt",
    due_date=date(2026, 2, 28),
    created_at=NOON,
    updated_at=NOON + timedelta(hours=1),
    started_at=NOON + timedelta(hours=2),
    completed_at=NOON + timedelta(hours=3),
    canceled_at=NOON + timedelta(hours=4),
    archived_at=NOON + timedelta(hours=5),
    is_open=False,
    parent_id="id-0",
    team_key="ENG",
    team="Engineering",
    state_name="Doing",
    state_type="started",
    state_color="#00ff00",
    state_is_advanced=False,
    assignee="Dana",
    creator="Erin",
    creator_is_person=True,
    project="Roof",
    milestone="Dry",
    cycle_number=4,
    cycle_name="Spring",
    cycle_starts_at=NOON,
    cycle_ends_at=NOON,
    has_cycle_page=True,
    releases=[("Spring release", "4.21"), ("Docs", None)],
    labels=[("bug", "#ff0000"), ("urgent", None)],
    shows_description=True,
    shows_people=True,
    shows_comments=True,
    has_comments=True,
    has_relations=True,
    has_sub_items=True,
    has_attachments=True,
    has_state_changes=True,
    has_item_changes=True,
)


def comment(id_: str, parent_id: str | None = None) -> ShownComment:
    return ShownComment(id_, parent_id, "Dana", f"Words of {id_}.", "quoted", NOON, NOON, None)


def page(item: ItemDetails = DETAILS, **fields: Any) -> ItemPage:
    plain: dict[str, Any] = {
        "parent": structs.replace(LINE, identifier="ENG-0"),
        "sub_items": [structs.replace(LINE, identifier="ENG-2"), structs.replace(LINE, identifier="ENG-3")],
        "has_more_sub_items": False,
        "progress": SubItemProgress(0, 2),
        "related": [],
        "attachments": [],
        "threads": [],
        "has_newest_comments": False,
        "history": [],
        "latest": None,
        "mentioned": {},
        "characters": 0,
    }
    return ItemPage(item=item, **{**plain, **fields})


def build_item(page: ItemPage) -> Item:
    return answers.build_item(page, 17, links_to_linear=True)


def encode(answer: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(answer))


def test_a_line_of_a_list_has_the_items_facts() -> None:
    assert encode(answers.build_item_line(LINE, 3)) == {
        "rank": 3,
        "identifier": "ENG-1",
        "title": "Fix the roof",
        "state": {"name": "Doing", "type": "started"},
        "priority": 2,
        "assignee": "Dana",
        "project": "Roof",
        "labels": ["bug", "urgent"],
        "due_date": "2026-02-28",
        "updated_at": "2026-02-06T13:00:00Z",
    }


def test_what_a_line_lacks_is_null() -> None:
    lacking = dict.fromkeys(("assignee", "project", "due_date", "state_name", "state_type"))
    bare = structs.replace(LINE, **lacking, labels=[])
    line = encode(answers.build_item_line(bare, None))
    assert [name for name, value in line.items() if value is None] == [
        "rank",
        "state",
        "assignee",
        "project",
        "due_date",
    ]
    assert line["labels"] == []


def test_an_item_has_all_facts() -> None:
    assert encode(build_item(page())) == {
        "rank": 17,
        "identifier": "ENG-1",
        "title": "Fix the roof",
        "description": "It *leaks*.",
        "url": "https://example.com/ENG-1",
        "team": {"key": "ENG", "name": "Engineering"},
        "state": {"name": "Doing", "type": "started"},
        "priority": 2,
        "estimate": 3.0,
        "size": "M",
        "assignee": "Dana",
        "creator": "Erin",
        "project": "Roof",
        "milestone": "Dry",
        "cycle": {"number": 4, "name": "Spring"},
        "releases": [{"name": "Spring release", "version": "4.21"}, {"name": "Docs", "version": None}],
        "labels": ["bug", "urgent"],
        "due_date": "2026-02-28",
        "parent": "ENG-0",
        "sub_items": ["ENG-2", "ENG-3"],
        "comments": [],
        "created_at": "2026-02-06T12:00:00Z",
        "updated_at": "2026-02-06T13:00:00Z",
        "completed_at": "2026-02-06T15:00:00Z",
        "canceled_at": "2026-02-06T16:00:00Z",
        "archived_at": "2026-02-06T17:00:00Z",
    }


def test_nothing_that_only_the_mirror_knows_is_told() -> None:
    told = msgspec.json.encode(build_item(page())) + msgspec.json.encode(answers.build_item_line(LINE, 3))
    assert b"id-1" not in told
    assert b"id-0" not in told


@pytest.mark.parametrize("missing", ["team_key", "team"])
def test_a_team_is_told_by_key_and_name_or_not_at_all(missing: str) -> None:
    assert build_item(page()).team == Team("ENG", "Engineering")
    assert build_item(page(replace(DETAILS, **{missing: None}))).team is None


@pytest.mark.parametrize("missing", ["state_name", "state_type"])
def test_a_state_is_told_by_name_and_type_or_not_at_all(missing: str) -> None:
    assert answers.build_item_line(LINE, 3).state == State("Doing", "started")
    assert answers.build_item_line(structs.replace(LINE, **{missing: None}), None).state is None
    assert build_item(page(replace(DETAILS, **{missing: None}))).state is None


@pytest.mark.parametrize(
    ("number", "name", "cycle"), [(4, None, Cycle(4, None)), (0, None, Cycle(0, None)), (None, "Spring", None)]
)
def test_a_cycle_is_told_by_its_number_with_or_without_a_name(
    number: int | None, name: str | None, cycle: Cycle | None
) -> None:
    item = replace(DETAILS, cycle_number=number, cycle_name=name)
    assert build_item(page(item)).cycle == cycle


def test_a_parent_that_is_not_there_or_may_not_be_shown_is_null() -> None:
    assert build_item(page(parent=None)).parent is None


def test_comments_stand_thread_by_thread_each_first_before_its_replies() -> None:
    threads = [
        CommentThread(comment("c1"), [comment("c3", "c1"), comment("c4", "c1")]),
        CommentThread(comment("c2"), []),
    ]
    told = build_item(page(threads=threads)).comments
    assert [(one.id, one.parent_id) for one in told] == [("c1", None), ("c3", "c1"), ("c4", "c1"), ("c2", None)]


def test_a_comment_has_all_that_is_shown_of_it() -> None:
    [told] = build_item(page(threads=[CommentThread(comment("c1"), [])])).comments
    assert told == Comment(
        id="c1",
        parent_id=None,
        author="Dana",
        body="Words of c1.",
        quoted_text="quoted",
        created_at=NOON,
        edited_at=NOON,
        resolved_at=None,
    )


def test_the_last_page_of_a_list_says_so() -> None:
    assert encode(Page([1, 2])) == {"data": [1, 2], "next": None}
    assert encode(Page([1, 2], "2.x")) == {"data": [1, 2], "next": "2.x"}
    assert encode(Answer(1)) == {"data": 1}


def test_the_address_in_linear_is_told_to_whom_it_leads_somewhere() -> None:
    assert build_item(page()).url == "https://example.com/ENG-1"
    assert answers.build_item(page(), None, links_to_linear=False).url is None
