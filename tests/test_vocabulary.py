"""Every filter, group, order and column of the vocabulary works, and what one lacks is said in words.

A new filter or column is an entry of `shareable_backlog/vocabulary.py` and a row here.
"""

import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import get_args

import pytest
from msgspec.structs import fields

from shareable_backlog import vocabulary
from shareable_backlog.controllers.api.endpoints import ItemsQuery
from shareable_backlog.database import query
from shareable_backlog.database.backlog.filter_options import Options
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.database.backlog.selection import item_filters, item_orders, item_predicates
from shareable_backlog.vocabulary import COLUMNS, DONE_TYPES, FILTERS, GROUPS, ORDERS, STATE_TYPES, WORK_FIRST
from shareable_backlog.web.fields import list_fields
from shareable_backlog.web.live_files import TEMPLATES
from tests.conftest import create_database
from tests.support import listing, running_site
from tests.support.listing import identifiers, parse_query, store_world
from tests.support.running_site import Site
from tests.support.signed_in import let_in

WORLD = ["ENG-5", "OPS-4", "OPS-3", "ENG-2", "ENG-1"]
FILTER_ROWS: Mapping[str, tuple[str, Sequence[str]]] = {
    "team": ("team=ops", ["OPS-4", "OPS-3"]),
    "type": ("type=started", ["OPS-3", "ENG-1"]),
    "state": ("state=in review", ["OPS-3", "ENG-1"]),
    "priority": ("priority=urgent", ["ENG-1"]),
    "assignee": ("assignee=bobby", ["ENG-2"]),
    "label": ("label=bug", ["OPS-3", "ENG-1"]),
    "project": ("project=apollo", ["OPS-4", "ENG-2"]),
    "milestone": ("milestone=launch", ["OPS-4"]),
    "cycle": ("cycle=12", ["ENG-2"]),
    "release": ("release=4.21", ["OPS-3", "ENG-2"]),
    "creator": ("creator=Bob", ["OPS-3"]),
    "estimate": ("estimate=3", ["ENG-2"]),
    "due": ("due=overdue", ["OPS-4"]),
    "created": ("created=..2026-02-05", ["ENG-1"]),
    "updated": ("updated=2026-02-06", WORLD),
    "new": ("new=meeting", ["ENG-5", "OPS-4", "OPS-3", "ENG-2"]),
    "completed": ("completed=2026-02-06", ["ENG-2"]),
}
"""What is asked for of the items of `store_world`, and what is found."""

ITEM = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t', 'ENG', 'Engineering', false, now(), now());
INSERT INTO workflow_states (id, team_id, name, type, created_at, updated_at) VALUES
  ('s', 't', 'In Review', 'started', now(), now());
INSERT INTO people (id, name, active, created_at, updated_at) VALUES ('p', 'Alice', true, now(), now());
INSERT INTO labels (id, name, is_group, is_offered, created_at, updated_at)
VALUES ('l', 'Bug', false, true, now(), now());
INSERT INTO projects (id, name, created_at, updated_at) VALUES ('j', 'Apollo', now(), now());
INSERT INTO project_milestones (id, name, created_at, updated_at) VALUES ('m', 'Launch', now(), now());
INSERT INTO cycles (id, number, starts_at, ends_at, created_at, updated_at) VALUES
  ('c', 12, now(), now(), now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, state_id, assignee_id, label_ids, project_id,
  project_milestone_id, cycle_id, estimate, due_date, priority, description, created_at, updated_at) VALUES
  ('i', 'ENG-1', 1, 'Fix the roof', 't', 's', 'p', '{l}', 'j', 'm', 'c', 3, '2020-03-01', 1,
   E'---\\n\\n## Rain comes **in**\\nAt night', '2020-01-01', '2020-02-01');
"""
COLUMN_ROWS: Mapping[str, str] = {
    "priority": "Urgent",
    "id": "ENG-1",
    "state": "In Review",
    "labels": "Bug",
    "team": "Team Engineering",
    "milestone": "Milestone Launch",
    "project": "Project Apollo",
    "cycle": "Cycle 12",
    "estimate": "Estimate 3",
    "due": "Overdue 1 Mar 2020",
    "assignee": "Alice",
    "summary": "Rain comes in",
    "created": "Created 1 Jan 2020",
    "updated": "Updated 1 Feb 2020",
}
"""The text that a line shows in the column, of an item that has everything."""


@pytest.fixture(scope="module")
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "bob")
        site.query(ITEM)
        yield site


def describe_lacking(kind: str, names: Iterable[str], there: Iterable[str], where: str) -> list[str]:
    known = set(there)
    return [f"The {kind} “{name}” is not in {where}." for name in names if name not in known]


def test_every_filter_and_every_column_has_a_row_here() -> None:
    assert describe_lacking("filter", FILTERS, FILTER_ROWS, "FILTER_ROWS of this file: say what it finds") == []
    assert describe_lacking("column", COLUMNS, COLUMN_ROWS, "COLUMN_ROWS of this file: say what it shows") == []


def test_what_is_lacking_is_said_in_words() -> None:
    assert describe_lacking("filter", ["team", "size"], ["team"], "FILTERS") == [
        "The filter “size” is not in FILTERS."
    ]


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize(("words", "found"), FILTER_ROWS.values(), ids=FILTER_ROWS)
async def test_a_filter_finds_what_it_says_and_turned_round_all_else(words: str, found: list[str]) -> None:
    await store_world()
    assert await identifiers(words) == found
    assert await identifiers(f"-{words}") == [one for one in WORLD if one not in found]


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize("name", [name for name, one in FILTERS.items() if one.can_be_empty])
async def test_a_filter_that_can_be_empty_parts_what_has_something_there_from_the_rest(name: str) -> None:
    await store_world()
    without, with_something = await identifiers(f"no={name}"), await identifiers(f"has={name}")
    assert without
    assert with_something
    assert sorted(without + with_something) == sorted(WORLD)


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, one in FILTERS.items() for value in one.offers])
async def test_every_value_that_a_filter_offers_is_one_that_it_takes(name: str, value: str) -> None:
    [condition] = parse_query(f"{name}={value}").filters.conditions
    assert (condition.field, condition.values) == (name, (value,))
    await identifiers(f"{name}={value}")


def test_names_of_a_filter_are_looked_up_and_offered() -> None:
    of_names = [name for name, one in FILTERS.items() if one.kind == "name"]
    looked_up = [*item_filters.LOOKUPS, "state"]  # states are looked up together
    assert describe_lacking("filter", of_names, looked_up, "LOOKUPS of item_filters.py") == []
    offered = [one.name for one in fields(Options)]
    assert describe_lacking("filter", of_names, offered, "Options of filter_options.py") == []


def test_a_filter_by_ids_has_a_column_of_ids() -> None:
    by_id = [
        name
        for name, one in FILTERS.items()
        if one.kind in {"name", "team_key", "priority"} and name not in {"label", "release"}
    ]
    assert describe_lacking("filter", by_id, item_predicates.COLUMNS, "COLUMNS of item_predicates.py") == []


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_a_filter_by_days_is_about_a_column_of_the_items() -> None:
    there = await query("SELECT column_name FROM information_schema.columns WHERE table_name = 'backlog_items'")
    of_days = [one.column for one in FILTERS.values() if one.is_time]
    assert describe_lacking("column", of_days, [name for (name,) in there], "the table backlog_items") == []


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize("by", GROUPS)
async def test_items_are_grouped_by_each_group_which_is_a_filter_too(by: vocabulary.GroupBy) -> None:
    assert describe_lacking("group", [by], FILTERS, "FILTERS") == []
    await store_world()
    found = await listing.read_groups(f"group={by}", first=9)
    assert {line.identifier for one in found.groups for line in one.items} == set(WORLD)
    assert (GROUPS[by] is not None) == (None in [one.group.value for one in found.groups])


def test_groups_and_orders_are_those_of_their_types() -> None:
    assert tuple(GROUPS) == get_args(vocabulary.GroupBy)
    assert tuple(ORDERS) == get_args(vocabulary.OrderName)
    assert describe_lacking("order", ORDERS, item_orders.ORDERS, "ORDERS of item_orders.py") == []


def test_state_types_are_the_same_in_every_order() -> None:
    assert tuple(STATE_TYPES) == get_args(vocabulary.StateType)
    assert sorted(WORK_FIRST) == sorted(STATE_TYPES)
    assert WORK_FIRST[-len(DONE_TYPES) :] == DONE_TYPES


def test_the_api_says_each_order_and_each_type_of_state() -> None:
    meanings = {one.key: one.meaning for one in list_fields(ItemsQuery)}
    names = [one.removeprefix("-") for one in ORDERS]
    assert describe_lacking("order", names, re.findall(r"\w+", meanings["order"]), "the API's `order`") == []
    assert (
        describe_lacking("type", STATE_TYPES, re.findall(r"\w+", meanings["type"]), "what the API says of `type`")
        == []
    )


def test_a_column_shows_a_value_of_a_listed_item_in_a_way_that_lines_know() -> None:
    values = [one.value for one in COLUMNS.values()]
    assert describe_lacking("value", values, ListedItem.__struct_fields__, "ListedItem of item_list.py") == []
    template = (TEMPLATES / "shared/_item_rows.html").read_text(encoding="utf-8")
    known = [*re.findall(r"\bkind == '(\w+)'", template), "priority", "identifier", "state", "summary"]
    assert describe_lacking("kind", [one.kind for one in COLUMNS.values()], known, "_item_rows.html") == []


@pytest.mark.parametrize(("name", "text"), COLUMN_ROWS.items())
def test_a_line_shows_a_column_only_when_it_is_chosen(site: Site, name: str, text: str) -> None:
    assert text in read_line(site, name)
    [other] = [one for one in ("priority", "id") if one != name][:1]
    assert text not in read_line(site, other)


def read_line(site: Site, columns: str) -> str:
    """Return the text of the only line of the list with these columns."""
    page = site.get(f"/?columns={columns}", "bob").text
    [line] = re.findall(r'<li class="item">(.*?)</li>', page, re.DOTALL)
    line = re.sub(r"<button.*?</button>", "", line, flags=re.DOTALL)  # which is no column
    return " ".join(re.sub(r"<[^>]*>", " ", line).split())
