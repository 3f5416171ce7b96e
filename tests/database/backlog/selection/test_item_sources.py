"""By which indexes items are found: what drives each filter, each order, each grouping, whatever the SQL says."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from shareable_backlog.database.backlog.item_groups import Group, narrow_to_group
from shareable_backlog.database.backlog.selection import item_predicates
from shareable_backlog.database.backlog.selection.item_orders import ORDERS
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_sources import choose_sources
from shareable_backlog.vocabulary import FILTERS, GroupBy
from tests.support import selecting

EMPTIABLE = [name for name, one in FILTERS.items() if one.can_be_empty]
TEAMS, PROJECTS, LABELS = {"group_has_teams": True}, {"group_has_projects": True}, {"group_label_ids": ["label"]}


def select(words: str, **hints: Any) -> Selection:
    """Return a selection in an order that has an index for each filter, unless the words say otherwise."""
    return selecting.select(words if "order=" in words or "q=" in words else f"{words}&order=updated", **hints)


def list_drivers(selection: Selection, *, wants_first: bool = True) -> list[list[str]]:
    return [[one.driver for one in block] for block in choose_sources(selection, wants_first=wants_first)]


OF_EACH_FIELD: Mapping[str, str] = {
    "team=ENG&team=OPS": "each team",
    "type=started": "each state",
    "state=Todo&state=Done": "each state",
    "priority=urgent&priority=high": "each priority",
    "assignee=alice&assignee=bob": "each assignee",
    "label=Bug&label=Roof": "order",
    "project=Apollo&project=Gemini": "each project",
    "milestone=Launch&milestone=Landing": "each milestone",
    "cycle=11&cycle=12": "each cycle",
    "release=4.20&release=4.21": "order",
    "creator=alice&creator=bob": "each creator",
    "new=meeting&new=unseen": "order",
    "estimate=3&estimate=5": "order",
    **{f"{name}=today&{name}=7d": "order" for name, one in FILTERS.items() if one.is_time},
}
OF_EACH_ORDER: Mapping[str, list[str]] = {
    "order=rank": ["order"],
    "order=updated": ["order"],
    "order=created": ["order"],
    "order=priority": ["order"],
    "order=due": ["order"],
    "order=state": ["each state", "no state"],
    "order=manual": ["order"],
    "order=relevance": ["order"],
}
OF_EACH_GROUP: Mapping[GroupBy, str] = {
    "state": "each state",
    "team": "each team",
    "project": "each project",
    "priority": "one priority",
    "assignee": "each assignee",
    "cycle": "each cycle",
    "label": "order",
}
FIELD = {words: words.partition("=")[0] for words in OF_EACH_FIELD}


def test_every_field_order_and_group_is_among_those_that_are_tried() -> None:
    assert set(FIELD.values()) == set(FILTERS)
    assert {words.removeprefix("order=") for words in OF_EACH_ORDER} == {one for one in ORDERS if "-" not in one}
    assert set(OF_EACH_GROUP) == set(get_args(GroupBy))


@pytest.mark.parametrize(
    ("words", "by", "drivers"),
    [
        *((words, None, [driver]) for words, driver in OF_EACH_FIELD.items()),
        *((words, None, drivers) for words, drivers in OF_EACH_ORDER.items()),
        *(("", by, [driver]) for by, driver in OF_EACH_GROUP.items()),
    ],
)
def test_each_field_each_order_and_each_group_is_driven_as_is_expected(
    words: str, by: GroupBy | None, drivers: list[str]
) -> None:
    selection = select(words)
    if by:
        group = Group("urgent", None, [], "1") if by == "priority" else Group("name", "name", ["id-0", "id-1"])
        selection = narrow_to_group(selection, by, group) or selection
    assert list_drivers(selection) == [drivers]


@pytest.mark.parametrize(("outer", "inner"), list(permutations(OF_EACH_GROUP, 2)))
def test_a_group_within_a_group_comes_in_the_order_of_the_list_and_nothing_is_sorted(
    outer: GroupBy, inner: GroupBy
) -> None:
    selection = select("")
    for by in (outer, inner):
        group = Group("urgent", None, [], "1") if by == "priority" else Group("name", "name", ["id-0", "id-1"])
        selection = narrow_to_group(selection, by, group) or selection
    # Both conditions stand beside it, each of one column, by which the planner may find rare ones sooner.
    assert list_drivers(selection) == [["order"]]


@pytest.mark.parametrize("words", [words for words in OF_EACH_ORDER if words != "order=relevance"])
@pytest.mark.parametrize("filters", ["", *OF_EACH_FIELD])
def test_an_order_that_is_turned_round_is_driven_just_the_same(words: str, filters: str) -> None:
    turned = words.replace("=", "=-")
    # But what stands after all others is then looked for first.
    assert list_drivers(select(f"{turned}&{filters}")) == list_drivers(select(f"{words}&{filters}"))[::-1]


def test_as_many_ids_drive_as_their_first_are_found_sooner_than_among_all_items() -> None:
    for words, driver in OF_EACH_FIELD.items():
        # People all have many items, so those of more of them are met soon in the list by time (ADR 15).
        most = 10 if driver in {"each assignee", "each creator"} else 64
        assert list_drivers(select(words, ids=most)) == [[driver]]


@pytest.mark.parametrize("words", OF_EACH_FIELD)
def test_a_filter_that_is_turned_round_drives_nothing(words: str) -> None:
    turned = "&".join(f"-{pair}" for pair in words.split("&"))
    assert list_drivers(select(turned)) == [["order"]]


@pytest.mark.parametrize("field", EMPTIABLE)
def test_having_nothing_or_anything_drives_nothing(field: str) -> None:
    by_id = {"priority": "one priority"}
    assert list_drivers(select(f"no={field}")) == [[by_id.get(field, "order")]]
    assert list_drivers(select(f"has={field}")) == [["order"]]


@pytest.mark.parametrize(("words", "driver"), OF_EACH_FIELD.items())
def test_one_id_is_for_the_planner_and_its_index(words: str, driver: str) -> None:
    one = "priority=urgent" if FIELD[words] == "priority" else words
    assert list_drivers(select(one, ids=1)) == [[driver.replace("each", "one")]]


@pytest.mark.parametrize("words", [words for words, driver in OF_EACH_FIELD.items() if driver != "order"])
def test_too_many_ids_or_ids_beside_nothing_or_beside_another_filter_drive_nothing(words: str) -> None:
    field = FIELD[words]
    if field != "priority":
        assert list_drivers(select(words, ids=11 if field in {"assignee", "creator"} else 65)) == [["order"]]
    if field in EMPTIABLE and field != "priority":
        assert list_drivers(select(f"{words}&no={field}")) == [["order"]]
    assert list_drivers(select(f"{words}&label=Bug")) == [["order"]]


def test_teams_whose_states_are_wanted_drive_by_these() -> None:
    assert list_drivers(select("type=started&team=ENG")) == [["each state"]]
    assert list_drivers(select("done=hidden")) == [["order"]]
    assert list_drivers(select("team=ENG&state=Todo&no=state")) == [["order"]]


@pytest.mark.parametrize(("words", "drivers"), OF_EACH_ORDER.items())
def test_a_filter_drives_only_where_the_items_of_each_id_stand_in_the_order_that_is_wanted(
    words: str, drivers: list[str]
) -> None:
    has_index = words in {"order=updated", "order=rank", "order=relevance"}
    assert list_drivers(select(f"{words}&team=ENG")) == [["each team"] if has_index else drivers]


@pytest.mark.parametrize(("words", "driver"), OF_EACH_FIELD.items())
def test_what_the_list_is_mostly_narrowed_to_drives_in_the_order_of_rank_too(words: str, driver: str) -> None:
    has_index = FIELD[words] in {"team", "type", "state", "project", "assignee"}
    drivers = [["each priority"], ["done"]] if FIELD[words] == "priority" else [[driver if has_index else "order"]]
    assert list_drivers(select(f"order=rank&{words}")) == drivers
    assert list_drivers(select(f"order=rank&{words}", rank_order="manual")) == [["order"]]


def test_one_priority_is_the_beginning_of_the_order_of_rank() -> None:
    assert list_drivers(select("order=rank&priority=urgent")) == [["each priority"], ["done"]]
    assert list_drivers(select("order=-rank&priority=urgent")) == [["done"], ["each priority"]]
    # What is called or archived may stand among both.
    for words, others in (("archived=shown", ["archived"]), ("q=roof", [])):
        assert list_drivers(select(f"order=rank&priority=urgent&{words}")) == [["each priority", "done", *others]]
    [urgent], [done] = choose_sources(select("order=rank&priority=urgent"))
    assert urgent.matched == "i.rank_level = d.id"
    assert done.conditions[0] == "i.rank_level = -1"


def test_what_was_begun_again_is_found_by_its_state_where_what_is_done_is_left_out() -> None:
    done = ["done, each state", "done, no state"]
    assert list_drivers(select("order=rank&priority=urgent&done=hidden")) == [["each priority"], done]
    # Where something else narrows the list, it is gone through.
    for words in ("-state=gone", "done=hidden&no=state", "-team=ENG", "done=hidden&team=ENG", "type=started"):
        assert list_drivers(select(f"order=rank&priority=urgent&{words}")) == [["order"]]
    assert list_drivers(select("order=due&priority=urgent&done=hidden")) == [["order"]]


def test_few_among_many_of_a_hidden_team_are_found_by_each_other_team() -> None:
    assert list_drivers(select("", hides_team=True)) == [["each shown team"]]
    assert list_drivers(select("order=rank", hides_team=True)) == [["each shown team"]]
    for words in ("order=due", "label=Bug", "q=roof&order=updated"):
        assert list_drivers(select(words, hides_team=True)) == [["order"]]


def test_where_few_of_the_first_are_hidden_those_are_read_in_one_go() -> None:
    for words in ("", "order=rank"):
        selection = select(words, hides_team=True, shown_fronts={"updated": True, "rank": True})
        assert list_drivers(selection) == [["order"]]
        assert [one.driver for one in choose_sources(selection, after=("2026-02-06T12:00:00Z", "i"))[0]] == [
            "each shown team"
        ]
        assert [one.driver for one in choose_sources(selection, wants_first=False)[0]] == ["each shown team"]
    assert list_drivers(select("order=rank", hides_team=True, shown_fronts={"updated": True})) == [
        ["each shown team"]
    ]


def test_archived_items_have_an_index_of_their_own() -> None:
    assert list_drivers(select("archived=shown")) == [["order", "archived"]]
    assert list_drivers(select("archived=shown&team=ENG")) == [["each team", "archived"]]
    assert list_drivers(select("archived=shown&order=state")) == [["each state", "no state", "archived"]]
    assert list_drivers(select("archived=shown&q=roof", rare="words")) == [["titled"], ["rest"]]


@pytest.mark.parametrize(
    ("words", "rare", "blocks"),
    [
        ("q=roof", "", [["order"], ["order"]]),
        ("q=roof", "titles", [["titled"], ["order"]]),
        ("q=roof", "words", [["titled"], ["rest"]]),
        ("q=roof&order=updated", "", [["order"]]),
        ("q=roof&order=updated", "words", [["found"]]),
        ("q=roof&order=due", "words", [["found"]]),
        ("q=roof&order=state", "", [["each state", "no state"]]),
        ("q=roof&order=state", "words", [["found"]]),
        ("q=roof&team=ENG", "words", [["titled"], ["rest"]]),
        ("q=roof&team=ENG&order=updated", "", [["order"]]),
        ("q=roof&state=Done&order=updated", "", [["order"]]),
        ("q=roof&state=Done&order=rank", "", [["each state"]]),
        ("q=roof&team=ENG&order=rank", "", [["order"]]),
    ],
)
def test_rare_words_are_looked_up_and_common_ones_asked_for(words: str, rare: str, blocks: list[list[str]]) -> None:
    assert list_drivers(select(words, rare=rare)) == blocks


def test_the_many_states_of_a_type_are_not_asked_one_by_one_for_the_words_of_a_search() -> None:
    words = "q=roof&type=completed&order=rank"
    assert list_drivers(select(words, ids=16)) == [["each state"]]
    assert list_drivers(select(words, ids=17)) == [["order"]]


def test_what_is_called_as_the_search_says_comes_first() -> None:
    assert list_drivers(select("q=eng-1", rare="words", identified_ids=["item"])) == [
        ["called"],
        ["titled"],
        ["rest"],
    ]
    assert list_drivers(select("q=eng-1&order=due", identified_ids=["item"])) == [["called", "order"]]


def test_a_later_page_begins_with_what_is_ranked_as_the_last_item_was() -> None:
    selection = select("q=eng-1&archived=shown", identified_ids=["item"])
    new, continued = [False] * 2, [True] * 2
    for rank, expected in {3.0: [[True], new, new], 2.0: [continued, new], 1.0: [continued]}.items():
        blocks = choose_sources(selection, after=(rank, "2026-02-06T12:00:00Z", "item"))
        assert [[one.is_continued for one in block] for block in blocks] == expected
    [[nothing]] = choose_sources(selection, after=(0.0, "2026-02-06T12:00:00Z", "item"))
    assert nothing.driver == "nothing"


def test_any_of_common_words_are_found_by_each_id() -> None:
    selection = select("q=roof&team=ENG&order=updated")
    assert list_drivers(selection, wants_first=False) == [["each team"]]


@pytest.mark.parametrize("by", OF_EACH_GROUP)
def test_a_group_beside_another_filter_drives_nothing(by: GroupBy) -> None:
    group = Group("urgent", None, [], "1") if by == "priority" else Group("name", "name", ["id-0", "id-1"])
    narrowed = narrow_to_group(select("due=overdue"), by, group)
    assert narrowed
    assert list_drivers(narrowed) == [["order"]]


@pytest.mark.parametrize(
    ("words", "ids", "driver"),
    [
        ("type=started", ["id-0", "id-1"], "each state"),
        ("type=started", ["id-1", "id-2"], "one state"),
        ("done=hidden", ["id-2", "id-3"], "each state"),
        ("done=hidden", ["id-1", "id-2"], "one state"),
    ],
)
def test_a_group_says_all_that_a_filter_says_of_its_column(words: str, ids: list[str], driver: str) -> None:
    narrowed = narrow_to_group(select(words), "state", Group("name", "name", ids))
    assert narrowed
    assert list_drivers(narrowed) == [[driver]]


@pytest.mark.parametrize("by", ["state", "project", "assignee", "cycle", "label"])
def test_the_group_of_what_has_nothing_is_for_the_planner(by: GroupBy) -> None:
    narrowed = narrow_to_group(select(""), by, Group(None, None, []))
    assert narrowed
    assert list_drivers(narrowed) == [["order"]]


@pytest.mark.parametrize(
    ("words", "hints", "drivers"),
    [
        ("", TEAMS, ["each team of the group"]),
        ("", PROJECTS, ["each project of the group"]),
        ("", LABELS, ["labels of the group"]),
        (
            "",
            TEAMS | PROJECTS | LABELS,
            ["each team of the group", "each project of the group", "labels of the group"],
        ),
        ("", {}, ["nothing"]),
        ("state=Todo", TEAMS | PROJECTS, ["each state", "each project of the group"]),
        ("assignee=alice", TEAMS, ["each assignee"]),
        ("assignee=alice", PROJECTS, ["each project of the group"]),
        ("label=Bug", TEAMS, ["each team of the group"]),
        ("order=created", TEAMS, ["each team of the group"]),
        ("order=state", TEAMS, ["each state", "no state"]),
        ("order=rank", TEAMS, ["each team of the group"]),
        ("order=rank&priority=urgent", TEAMS, ["each team of the group"]),
        ("archived=shown", TEAMS, ["each team of the group", "archived"]),
        ("q=roof&order=updated", TEAMS, ["each team of the group"]),
    ],
)
def test_what_a_viewers_group_sees_is_found_by_its_rules(
    words: str, hints: Mapping[str, Any], drivers: list[str]
) -> None:
    assert list_drivers(select(words, in_group=True, **hints)) == [drivers]


def test_the_labels_of_a_group_are_found_by_their_index_once_and_not_for_each_id() -> None:
    for words, is_by_index in {"": True, "label=Bug": True, "state=Todo": False, "assignee=alice": False}.items():
        [[source]] = choose_sources(select(words, in_group=True, **LABELS))
        assert any(one.startswith("i.label_ids <> '{}' AND") for one in source.conditions) is is_by_index
        assert any(one.endswith("IS TRUE") for one in source.conditions) is not is_by_index


def test_rare_words_are_looked_up_for_a_viewers_group_too() -> None:
    assert list_drivers(select("q=roof", in_group=True, rare="words", **TEAMS)) == [["titled"], ["rest"]]


def test_a_harmless_cast_in_the_sql_of_a_column_changes_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [*OF_EACH_FIELD, *(f"{words}&order=state" for words in OF_EACH_FIELD), "type=started&team=ENG"]
    before = [list_drivers(select(words)) for words in asked]
    columns: dict[Any, item_predicates.IdColumn] = dict(item_predicates.COLUMNS)
    for name, one in columns.items():
        cast = replace(one, sql=f"({one.sql})::{one.type}")
        monkeypatch.setitem(item_predicates.COLUMNS, name, cast)  # pyright: ignore[reportArgumentType]
    assert [list_drivers(select(words)) for words in asked] == before
    [[source]] = choose_sources(select("team=ENG&team=OPS"))
    assert source.matched == "(i.team_id)::text = d.id"
