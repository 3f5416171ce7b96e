"""The statements of the list, written once from what is selected."""

import re
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query, transaction
from shareable_backlog.database.backlog.item_groups import Group, narrow_to_group, render_group
from shareable_backlog.database.backlog.item_list import render_list
from shareable_backlog.database.backlog.selection.item_statement import Pick, Rows, render_rows, render_tables
from tests.support.selecting import select

RULES: dict[str, Any] = {"group_has_teams": True, "group_has_projects": True, "group_label_ids": ["label"]}
USUAL = ["", "team=ENG", "type=started&team=ENG", "assignee=alice", "done=hidden", "order=due", "q=roof"]
PAGES = [
    "&".join(filter(None, words))
    for words in product(
        ("", "team=ENG&type=started", "assignee=alice&priority=high&-label=Bug", "due=7d&done=hidden"),
        ("", "q=roof", "q=roof+-leak"),
        ("", "order=state", "order=due"),
        ("", "archived=shown"),
    )
]


def measure(words: str, rare: str, *, in_group: bool) -> tuple[int, int]:
    """Return the number of lines and of characters of the longest statement of a list and of its groups."""
    rules = RULES if in_group else {}
    selection = select(words, rare=rare, in_group=in_group, **rules)
    # In groups the best match does not come first.
    grouped = select(f"order=updated&{words}", rare=rare, in_group=in_group, **rules)
    group = narrow_to_group(grouped, "state", Group("name", "name", ["id-0", "id-1"]))
    after = (2.0, "2026-02-06T12:00:00Z", "item")
    texts = [
        render_list(selection, after if selection.order.ranking else after[1:]),
        render_group(group or grouped, by_labels=False),
    ]
    lines = [sum(bool(line.strip()) for line in text.splitlines()) for text in texts]
    return max(lines), max(len(" ".join(text.split())) for text in texts)


@pytest.mark.parametrize(("in_group", "most_lines", "most_characters"), [(False, 45, 3_200), (True, 60, 5_300)])
def test_the_whole_statement_of_a_usual_page_can_be_read_on_a_screen(
    most_lines: int, most_characters: int, *, in_group: bool
) -> None:
    for words, rare in product(USUAL, ("", "titles", "words")):
        lines, characters = measure(words, rare, in_group=in_group)
        assert lines <= most_lines
        assert characters <= most_characters


def test_every_statement_can_be_read_on_a_screen_however_much_is_asked_for_at_once() -> None:
    for words, rare, in_group in product(PAGES, ("", "titles", "words"), (False, True)):
        lines, characters = measure(words, rare, in_group=in_group)
        assert lines <= 60
        assert characters <= 6_300


@pytest.mark.parametrize("words", PAGES)
def test_a_statement_asks_for_no_parameter_that_its_selection_has_not(words: str) -> None:
    for in_group in (False, True):
        selection = select(words, in_group=in_group, identified_ids=["item"], **(RULES if in_group else {}))
        text = f"{render_tables(selection)} {render_rows(Rows(selection=selection, limit='%(limit)s'))}"
        assert set(re.findall(r"%\((\w+)\)s", text)) <= {*selection.params, "limit"}


def test_what_may_be_shown_is_stated_once_however_many_sources_there_are() -> None:
    text = render_list(select("q=roof&archived=shown", in_group=True, **RULES), None)
    assert text.count("FROM backlog_items i WHERE i.removed_at IS NULL") == 1
    assert len(re.findall(r"FROM search_entries\b", text)) == 1
    assert text.count("backlog_items") == 2  # the other one reads the lines of those that were found


def test_a_selection_without_a_rule_still_has_a_statement() -> None:
    selection = select("", in_group=True)
    assert "WHERE false" in render_rows(Rows(selection=selection, limit="1"))


def test_rows_of_any_kind_are_sorted_nowhere() -> None:
    assert "ORDER BY" not in render_rows(Rows(selection=select("team=ENG&team=OPS"), limit="1", pick="any"))


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_rows_apart_are_found_by_no_index_of_what_is_not_archived() -> None:
    """Else all of the list's index may be read, to leave out what is archived of the few that a label has."""
    found: dict[str, str] = {}
    picks: tuple[Pick, ...] = ("first", "apart")
    for pick in picks:
        selection = select("priority=high")
        text = f"{render_tables(selection)} {render_rows(Rows(selection=selection, limit='1', pick=pick))}"
        async with transaction() as tx:
            await tx.query("SET LOCAL enable_seqscan = off")
            found[pick] = str(await tx.query(f"EXPLAIN {text}", selection.params))
    without = await query(
        "SELECT indexname FROM pg_indexes WHERE tablename = 'backlog_items' AND indexdef LIKE '%archived_at IS NULL%'"
    )
    names = re.compile("|".join(rf"\b{name}\b" for (name,) in without))
    assert names.search(found["first"])
    assert not names.search(found["apart"])


def test_what_is_done_is_read_only_where_what_is_open_is_not_enough() -> None:
    for order, parts in (("rank", ("= d.id", "= -1")), ("-rank", ("= -1", "= d.id"))):
        text = render_list(select(f"priority=high&order={order}"), None)
        for block, level in zip(text.rsplit("UNION ALL", 1), parts, strict=True):
            assert f"i.rank_level {level}" in block


@pytest.mark.parametrize(
    "words", ["assignee=alice", "creator=alice", "project=Apollo", "milestone=Launch", "cycle=11"]
)
def test_some_of_few_are_counted_without_sorting_all_of_them_first(words: str) -> None:
    counted = Rows(selection=select(words, ids=1), limit="1", pick="some")
    assert "ORDER BY" not in render_rows(counted)
    assert "ORDER BY" in render_rows(replace(counted, pick="first"))


@pytest.mark.parametrize("words", ["", "team=ENG", "type=started", "priority=urgent", "label=Bug"])
def test_some_of_many_are_met_in_the_order_of_an_index(words: str) -> None:
    assert "ORDER BY" in render_rows(Rows(selection=select(words, ids=1), limit="1", pick="some"))
