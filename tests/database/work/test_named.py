"""Labels and people by their names, from a real PostgreSQL."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.work import named
from shareable_backlog.database.work.named import LabelFacts, PersonFacts
from tests.support.mirrored import NOON, item, label, person, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_labels_are_found_in_any_case_and_told_of_together() -> None:
    await store(label("Ärger", description="What hurts"), label("ärger", color="#ff0000"))
    await store(item(1, label_ids=["label-Ärger"]), item(2, label_ids=["label-ärger"]))
    found = await named.find_label(EVERYTHING, "ÄRGER")
    assert found
    assert (found.name, found.color, found.description) == ("Ärger", "#ff0000", "What hurts")
    assert found.ids == ["label-Ärger", "label-ärger"]


async def test_of_a_label_that_is_not_let_through_or_gone_nothing_is_told() -> None:
    await store(label("Bug"), item(1, label_ids=["label-Bug"]))
    for change in ("is_offered = false", "is_offered = NULL", "is_offered = true, removed_at = now()"):
        await query(f"UPDATE labels SET {change}")
        assert await named.find_label(EVERYTHING, "Bug") is None


async def test_a_hidden_namesake_tells_nothing_and_changes_nothing() -> None:
    await store(label("risk"), label("RISK", color="#ff0000", description="Acquisition of Falcon"))
    await store(item(1, label_ids=["label-risk"]), item(2, team="SEC", label_ids=["label-RISK"]))
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-SEC', false)")
    assert await named.find_label(EVERYTHING, "Risk") == LabelFacts("risk", None, None, ["label-risk"])


async def test_a_group_of_labels_is_found_by_what_has_a_label_of_it() -> None:
    await store(label("Area", is_group=True), label("Roof", parent_id="label-Area"))
    assert await named.find_label(EVERYTHING, "area") is None
    await store(item(1, label_ids=["label-Roof"]))
    assert await named.find_label(EVERYTHING, "area") == LabelFacts("Area", None, None, ["label-Area"])


async def test_the_text_of_a_label_is_read_where_descriptions_are_shown() -> None:
    await store(label("Bug", description="What hurts"), item(1, label_ids=["label-Bug"]))
    await query("UPDATE sharing_settings SET shows_descriptions = false")
    found = await named.find_label(EVERYTHING, "Bug")
    assert found
    assert found.description is None


async def test_a_hidden_namesake_decides_neither_spelling_nor_status() -> None:
    await store(person("Dana", active=False), person("DANA"), item(1, assignee_id="person-Dana"))
    await store(item(2, team="SEC", assignee_id="person-DANA"))
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-SEC', false)")
    assert await named.find_person(EVERYTHING, "dana") == PersonFacts("Dana", is_active=False)


async def test_somebody_is_found_by_what_was_put_away() -> None:
    await store(person("Dana"), item(1, assignee_id="person-Dana", archived_at=NOON))
    assert await named.find_person(EVERYTHING, "Dana") == PersonFacts("Dana", is_active=True)


async def test_somebody_who_has_the_name_comes_before_who_is_called_so_for_short() -> None:
    await store(person("Zoe Adams", display_name="sam"), person("Sam", active=False))
    await store(item(1, assignee_id="person-Zoe Adams"), item(2, assignee_id="person-Sam"))
    assert await named.find_person(EVERYTHING, "SAM") == PersonFacts("Sam", is_active=False)
    assert await named.find_person(EVERYTHING, "nobody") is None


async def test_nobody_is_found_where_people_are_not_shown() -> None:
    await store(person("Sam"), item(1, assignee_id="person-Sam"))
    await query("UPDATE sharing_settings SET shows_assignees = false")
    assert await named.find_person(EVERYTHING, "Sam") is None
