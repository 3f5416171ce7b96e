"""Filters in the words of an address: what they mean, how they are written back, and what is refused."""

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog import clock
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.backlog.filters import Condition, Filters, build_pairs, narrow_to, parse_filters
from shareable_backlog.vocabulary import FILTERS, PRIORITIES, STATE_TYPES

Pair = tuple[str, str]
EMPTIABLE = [name for name, one in FILTERS.items() if one.can_be_empty]
VALUES = {
    **{name: st.text(min_size=1) for name, one in FILTERS.items() if one.kind in {"name", "team_key"}},
    "type": st.sampled_from([*STATE_TYPES]),
    "priority": st.sampled_from([*PRIORITIES]),
    "estimate": st.sampled_from(["0", "3", "0.5"]),
    **{name: st.sampled_from(["today", "7D", "2026-02-06.."]) for name, one in FILTERS.items() if one.is_time},
}
PAIRS = st.one_of(
    *(st.tuples(st.sampled_from([name, f"-{name}"]), values) for name, values in VALUES.items()),
    st.tuples(st.sampled_from(["no", "has"]), st.sampled_from(EMPTIABLE)),
    st.tuples(st.just("q"), st.text()),
    st.tuples(st.sampled_from(["archived", "done"]), st.sampled_from(["shown", "hidden"])),
)


def test_a_field_that_stands_there_several_times_means_any_of_its_values_once() -> None:
    found = parse_filters([("label", "Bug"), ("label", "Roof"), ("label", "Bug")])
    assert found.conditions == (Condition("label", ("Bug", "Roof")),)


def test_a_minus_means_none_of_them_and_is_a_condition_of_its_own() -> None:
    found = parse_filters([("label", "Bug"), ("-label", "Roof")])
    assert found.conditions == (Condition("label", ("Bug",)), Condition("label", ("Roof",), is_not=True))


@pytest.mark.parametrize(("name", "is_not"), [("no", False), ("has", True)])
def test_no_and_has_ask_whether_there_is_any(name: str, *, is_not: bool) -> None:
    assert parse_filters([(name, "assignee")]).conditions == (Condition("assignee", (), is_not, with_none=True),)


def test_values_and_none_are_one_condition() -> None:
    found = parse_filters([("no", "assignee"), ("assignee", "Alice")])
    assert found.conditions == (Condition("assignee", ("Alice",), with_none=True),)


@pytest.mark.parametrize(
    ("pair", "word"),
    [
        (("team", "eng"), "ENG"),
        (("type", "STARTED"), "started"),
        (("priority", "Urgent"), "urgent"),
        (("due", "Overdue"), "overdue"),
        (("label", " Bug\x00 "), "Bug"),
        (("label", "x" * 300), "x" * 200),
        (("label", "half \ud800"), "half ?"),
    ],
)
def test_a_word_is_read_as_it_is_written_best(pair: Pair, word: str) -> None:
    assert [one.values for one in parse_filters([pair]).conditions] == [(word,)]


@pytest.mark.parametrize("pair", [("label", ""), ("label", " "), ("q", ""), ("size", "big"), ("order", "due")])
def test_empty_values_and_other_names_are_left_out(pair: Pair) -> None:
    assert parse_filters([pair]) == Filters()


def test_the_search_and_what_is_shown_of_archived_and_done_items_stand_beside_the_conditions() -> None:
    found = parse_filters([("q", "leak roof"), ("archived", "shown"), ("done", "hidden")])
    assert found == Filters((), "leak roof", with_archived=True, with_done=False)


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (("type", "nonsense"), "The filter “type” doesn't accept “nonsense”"),
        (("priority", "5"), "The filter “priority” doesn't accept “5”"),
        (("due", "someday"), "The filter “due” doesn't accept “someday”"),
        (
            ("due", "2026-12-31..2026-12-01"),
            "The filter “due” ends before it begins: 2026-12-31..2026-12-01. Put the",
        ),
        (("updated", "overdue"), "The filter “updated” doesn't accept “overdue”"),
        (("no", "team"), "no filter for items without “team”"),
        (("has", "nonsense"), "no filter for items without “nonsense”"),
    ],
)
def test_a_word_without_meaning_is_refused_in_words(pair: Pair, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse_filters([pair])


def test_fifty_values_are_taken_and_more_refused() -> None:
    values = [("label", str(number)) for number in range(50)]
    assert len(parse_filters(values).conditions[0].values) == 50
    with pytest.raises(InvalidInput, match="at most 50"):
        parse_filters([*values, ("-team", "ENG")])


@given(st.lists(PAIRS, max_size=20))
def test_what_is_written_back_means_the_same_in_one_order(pairs: list[Pair]) -> None:
    found = parse_filters(pairs)
    written = build_pairs(found)
    assert parse_filters(written) == found
    assert build_pairs(parse_filters(written)) == written


def test_one_group_takes_the_place_of_what_its_field_was_narrowed_to() -> None:
    filters = parse_filters([("team", "ENG"), ("project", "Apollo"), ("-project", "Zeus"), ("q", "leak")])
    narrowed = narrow_to(filters, Condition("project", ("Hermes",)))
    assert build_pairs(narrowed) == [("q", "leak"), ("team", "ENG"), ("-project", "Zeus"), ("project", "Hermes")]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ([("due.from", "2026-01-01"), ("due.to", "2026-02-01")], "2026-01-01..2026-02-01"),
        ([("created.from", "2026-01-01"), ("created.to", "")], "2026-01-01.."),
        ([("updated.from", ""), ("updated.to", "2026-02-01")], "..2026-02-01"),
    ],
)
def test_two_fields_of_a_form_are_a_span_of_days(given: list[tuple[str, str]], value: str) -> None:
    [found] = parse_filters(given).conditions
    assert (found.field, found.values) == (given[0][0].partition(".")[0], (value,))


@pytest.mark.parametrize("name", ["due.from", "team.from", "due.since"])
def test_fields_without_a_day_or_of_other_names_are_no_span(name: str) -> None:
    assert parse_filters([(name, "")]).conditions == ()
    assert parse_filters([("team.from", "2026-01-01"), ("due.since", "2026-01-01")]).conditions == ()


def test_of_what_an_item_can_have_several_each_can_be_wanted() -> None:
    pairs = [("label", "Bug"), ("label.all", "Roof"), ("label.all", "Rain")]
    found = parse_filters(pairs)
    assert found.conditions == (
        Condition("label", ("Bug",)),
        Condition("label", ("Roof", "Rain"), is_all=True),
    )
    assert build_pairs(found) == pairs
    assert parse_filters([("team.all", "ENG")]).conditions == ()


def test_no_more_than_eight_can_be_wanted_at_once() -> None:
    with pytest.raises(InvalidInput, match="8 labels at once"):
        parse_filters([("label.all", str(number)) for number in range(9)])


@pytest.mark.parametrize("word", ["x", "1e9", "-1", "NaN", "1.", "9999999"])
def test_an_estimate_is_a_number(word: str) -> None:
    with pytest.raises(InvalidInput):
        parse_filters([("estimate", word)])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("team=ENG", "team=ENG&label=Roof"),
        ("label=Bug", "label=Bug&label.all=Roof"),
        ("label=Roof", "label=Roof"),
        ("label=Bug&label.all=Web", "label=Bug&label.all=Web&label.all=Roof"),
        ("-label=Bug", "label=Roof&-label=Bug"),
    ],
)
def test_a_group_of_labels_keeps_what_the_list_is_narrowed_to(words: str, expected: str) -> None:
    narrowed = narrow_to(parse_filters(parse_qsl(words)), Condition("label", ("Roof",)))
    assert sorted(build_pairs(narrowed)) == sorted(parse_qsl(expected))


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("soon", "Write it like"),
        ("2026-02-30", "Write it like"),
        ("9999-12-31", "still to come"),
        ("1969-12-31", "before 1970"),
    ],
)
def test_a_day_that_nothing_can_be_compared_with_is_refused_with_the_reason(word: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        parse_filters([("since", word)])


def test_a_day_that_has_begun_somewhere_can_be_compared_with() -> None:
    today = clock.read_time().date()
    assert parse_filters([("since", str(today + timedelta(days=1)))]).since
    with pytest.raises(InvalidInput, match="still to come"):
        parse_filters([("since", str(today + timedelta(days=2)))])


@pytest.mark.parametrize(
    ("pairs", "since", "moved"),
    [
        ([("since", "meeting"), ("since", "")], "meeting", None),
        ([("since", "2026-02-01"), ("since", "")], "2026-02-01", None),
        ([("since", "meeting"), ("since", "2026-02-01")], "2026-02-01", None),
        ([("moved", "new")], "meeting", "new"),
        ([("since", ""), ("since", ""), ("moved", "new")], None, None),
    ],
)
def test_of_two_fields_for_the_day_the_filled_one_counts_and_none_compares_with_nothing(
    pairs: list[tuple[str, str]], since: str | None, moved: str | None
) -> None:
    found = parse_filters(pairs)
    assert (found.since, found.moved) == (since, moved)
