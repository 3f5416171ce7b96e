import re
from dataclasses import fields

import pytest
from graphql import NoDeprecatedCustomRule, parse, specified_rules, validate

from shareable_backlog.database import mirror_rows
from shareable_backlog.linear.queries import FULL_PULL, PagedQuery
from tests.fakes.linear import published, service
from tests.fakes.linear.complexity import points

NEVER_PULLED_YET = {"initiatives", "item_relations", "attachments"}
NAMED_OTHERWISE = {
    "private": "visibility",
    "status_name": "status { name",
    "status_type": "type",
    "status_color": "color }",
}

each_query = pytest.mark.parametrize("paged", FULL_PULL, ids=lambda paged: paged.stream)


@published.needed
@each_query
def test_linear_knows_every_field_and_discourages_none(paged: PagedQuery) -> None:
    assert not validate(published.schema(), parse(paged.text), [*specified_rules, NoDeprecatedCustomRule])


@each_query
def test_the_fake_knows_every_field(paged: PagedQuery) -> None:
    assert not validate(service.schema(), parse(paged.text))


@each_query
def test_a_full_page_stays_well_under_the_points_of_one_query(paged: PagedQuery) -> None:
    assert points(service.schema(), parse(paged.text), {"first": 250}) < 5_000


@each_query
def test_nobodys_mail_address_is_asked_for(paged: PagedQuery) -> None:
    assert "mail" not in paged.text


@each_query
def test_archived_rows_are_asked_for_in_the_order_of_updates(paged: PagedQuery) -> None:
    assert "orderBy: updatedAt" in paged.text
    assert "includeArchived: true" in paged.text


def test_what_is_referred_to_comes_before_what_refers_to_it() -> None:
    assert [paged.stream for paged in FULL_PULL] == [
        "teams",
        "workflow_states",
        "labels",
        "people",
        "projects",
        "project_milestones",
        "cycles",
        "issues",
        "comments",
    ]


@each_query
def test_every_column_of_the_mirror_is_asked_for(paged: PagedQuery) -> None:
    table = {"issues": "backlog_items"}.get(paged.stream, paged.stream)
    [kind] = [kind for kind, name in mirror_rows.TABLES.items() if name == table]
    missing = [field.name for field in fields(kind) if not re.search(asked_as(field.name), paged.text)]
    assert not missing


def test_every_table_of_the_mirror_but_a_few_has_its_query() -> None:
    tables = {table for table in mirror_rows.TABLES.values() if table not in NEVER_PULLED_YET}
    assert tables == {"backlog_items"} | {paged.stream for paged in FULL_PULL} - {"issues"}


def asked_as(column: str) -> str:
    """Give the pattern of a column in a query: `archived_at` is archivedAt, `state_id` is state { id }."""
    if column in NAMED_OTHERWISE:
        return NAMED_OTHERWISE[column]
    is_reference = column.endswith("_id") and column != "slug_id"
    first, *rest = (column.removesuffix("_id") if is_reference else column).split("_")
    name = first + "".join(word.capitalize() for word in rest)
    return rf"\b{name} {{ id }}" if is_reference else rf"\b{name}\b"
