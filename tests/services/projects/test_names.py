"""What a word of an address means, and what a filter by a name finds."""

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.errors import NotFound
from shareable_backlog.services.projects import names
from tests.support.mirrored import item, project, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_a_name_of_two_means_both_and_linears_word_one() -> None:
    one, other = project("Apollo", slug_id="0a"), project("apollo", id="other", slug_id="0b")
    await store(one, other, item(1, project_id=one.id), item(2, project_id=other.id))
    assert {found.id for found in await names.find_projects(EVERYTHING, "APOLLO")} == {one.id, "other"}
    assert [found.id for found in await names.find_projects(EVERYTHING, "0b")] == ["other"]


async def test_linears_word_means_one_even_if_another_is_named_so() -> None:
    one, other = project("Apollo", slug_id="0a"), project("0A", id="other")
    await store(one, other, item(1, project_id=one.id), item(2, project_id=other.id))
    assert [found.id for found in await names.find_projects(EVERYTHING, "0a")] == [one.id]
    assert [found.id for found in await names.find_projects(EVERYTHING, "0A")] == ["other"]


async def test_what_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(NotFound, match="no project by that name"):
        await names.find_projects(EVERYTHING, "Apollo")


@pytest.mark.parametrize(
    ("name", "is_kept"), [("Apollo", True), ("a" * 200, True), ("a" * 201, False), (" a", False)]
)
async def test_a_filter_keeps_a_name_unless_it_cuts_it(name: str, is_kept: bool) -> None:  # noqa: FBT001 (a row)
    assert names.is_kept("project", name) == is_kept
