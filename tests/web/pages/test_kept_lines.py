"""Lines of items that are kept: each is what would be written anew."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from markupsafe import Markup
from msgspec import Struct, structs

from shareable_backlog.database.backlog.item_list import PlacedItem
from shareable_backlog.vocabulary import COLUMNS
from shareable_backlog.web.pages import kept_lines, locales, rendering
from shareable_backlog.web.pages.locales import LocalFormat

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ITEM = PlacedItem(
    id="1", identifier="ENG-1", title="Rain comes in", team="Engineering", priority=2, estimate=3,
    issue_estimation_type="fibonacci", due_date=date(2026, 12, 1), created_at=NOW - timedelta(days=1),
    updated_at=NOW - timedelta(hours=2), archived_at=None, is_open=True, state_name="Todo", state_type="unstarted",
    state_color="#123456", state_is_advanced=False, assignee="Alice", project="Roof", milestone="Dry", cycle_number=3,
    labels=[("Bug", "#ff0000")], position="[]",
)  # fmt: skip
OTHER: dict[str, Any] = {
    "id": "2", "identifier": "ENG-2", "title": "Snow comes in", "team": "Field", "priority": 1, "estimate": 5,
    "issue_estimation_type": "tShirt", "due_date": date(2026, 11, 1), "created_at": NOW, "updated_at": NOW,
    "archived_at": NOW, "is_open": False, "state_name": "Done", "state_type": "completed", "state_color": "#654321",
    "state_is_advanced": True, "assignee": "Bob", "project": None, "milestone": "Wet", "cycle_number": 4,
    "labels": [("Bug", "#ff0000"), ("Roof", None)], "position": "[1]",
}  # fmt: skip


class Lines(Struct, frozen=True):
    """What is written, and around it how."""

    items: list[PlacedItem]
    ranks: dict[str, int]
    now: datetime
    columns: tuple[str, ...] = tuple(COLUMNS)
    origin: str = ""
    local: LocalFormat = LocalFormat()


def write(lines: Lines) -> str:
    """Return the lines as a page has them, where earlier ones may be kept."""
    environment = rendering._read_templates(0, "")  # pyright: ignore[reportPrivateUsage] (which keep lines)
    macros = environment.get_template("shared/_item_rows.html").module
    with locales.write_for(lines.local):
        return str(
            vars(macros)["list"](lines.items, lines.now, lines.columns, ranks=lines.ranks, origin=lines.origin)
        )


def write_anew(lines: Lines) -> str:
    rendering._read_templates.cache_clear()  # pyright: ignore[reportPrivateUsage] (with what they keep)
    return write(lines)


USUAL = Lines([ITEM], {"1": 7}, NOW)


@pytest.mark.parametrize("name", PlacedItem.__struct_fields__)
def test_an_item_with_another_value_is_another_line(name: str) -> None:
    changed = structs.replace(USUAL, items=[structs.replace(ITEM, **{name: OTHER[name]})])
    expected = write_anew(changed)
    write_anew(USUAL)
    assert write(changed) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"ranks": {"1": 8}},
        {"ranks": {}},
        {"ranks": {"2": 1}},
        {"now": NOW + timedelta(minutes=61)},
        {"now": NOW + timedelta(days=5)},
        {"columns": ("title", "updated")},
        {"origin": "?in=board"},
        {"local": LocalFormat("Asia/Tokyo", "de-DE")},
    ],
)
def test_the_same_item_in_another_list_at_another_time_or_for_another_reader_is_another_line(
    change: dict[str, Any],
) -> None:
    changed = structs.replace(USUAL, **change)
    expected = write_anew(changed)
    assert write_anew(USUAL) != expected
    assert write(changed) == expected


@pytest.fixture
def written() -> list[int | None]:
    """Return the ranks of the lines that were written, not kept."""
    return []


@pytest.fixture
def write_kept(written: list[int | None]) -> kept_lines.WriteLine:
    def write_line(_item: Struct, rank: int | None) -> Markup:
        written.append(rank)
        return Markup("<li>{}</li>").format(rank)

    return kept_lines.make_keeper()(write_line, NOW, ("title",))


def test_what_is_kept_is_not_written_again(written: list[int | None], write_kept: kept_lines.WriteLine) -> None:
    assert [write_kept(ITEM, rank) for rank in (1, 2, 1)] == ["<li>1</li>", "<li>2</li>", "<li>1</li>"]
    assert written == [1, 2]


def test_no_more_than_so_many_are_kept(written: list[int | None], write_kept: kept_lines.WriteLine) -> None:
    for rank in [*range(500), 499, 0]:
        write_kept(ITEM, rank)
    assert len(written) == 501, "the last is there, and the first had to go"
