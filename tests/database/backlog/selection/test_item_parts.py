"""In which parts items are found, and what is left out where it does not apply."""

from shareable_backlog.database.backlog.selection.item_parts import SHOWN, find_driver, list_parts, render_parts
from tests.support.selecting import select


def test_what_one_index_decides_alone_needs_no_table() -> None:
    for words in ("", "team=ENG", "assignee=alice&assignee=bob"):
        assert (list_parts(select(words)), render_parts(select(words))) == ([SHOWN], [])


def test_filters_stand_once_in_each_part() -> None:
    [part] = list_parts(select("team=ENG&priority=high"))
    assert (part.name, len(part.conditions)) == ("wanted", 2)
    for words in ("q=roof&team=ENG&priority=high", "q=eng-1&label=Bug"):
        parts = list_parts(select(words, identified_ids=["item"]))
        filters = parts[0].conditions[:-1]
        assert filters
        assert all(one.conditions[: len(filters)] == filters for one in parts)


def test_what_drives_is_in_no_part() -> None:
    selection = select("q=roof&team=ENG&order=updated")
    driver = find_driver(selection)
    assert driver
    assert all(driver.render() not in part.conditions for part in list_parts(selection))


def test_the_best_match_is_called_so_then_titles_have_the_words_then_all_else() -> None:
    parts = list_parts(select("q=eng-1", identified_ids=["item"]))
    assert [(one.name, one.rank) for one in parts] == [("called", 3), ("titled", 2), ("rest", 1)]


def test_in_another_order_there_is_one_part_beside_what_is_called_so() -> None:
    assert [(one.name, one.rank) for one in list_parts(select("q=eng-1&order=due"))] == [("found", None)]
    called, found = list_parts(select("q=eng-1&order=due", identified_ids=["item"]))
    assert (called.is_looked_up, found.is_looked_up) == (True, False)
    assert any("identified_ids" in one for one in found.conditions)


def test_ids_of_rare_words_are_looked_up_once_and_only_of_those() -> None:
    tables = {rare: " ".join(render_parts(select("q=roof", rare=rare))) for rare in ("", "titles", "words")}
    assert {rare: ("word_ids AS" in text, "title_ids AS" in text) for rare, text in tables.items()} == {
        "": (False, False),
        "titles": (False, True),
        "words": (True, True),
    }
    assert "title_ids" not in " ".join(render_parts(select("q=roof&order=updated", rare="words")))
