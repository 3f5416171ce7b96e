"""A burn-up as it is read: its words, its numbers as a table, and how much it weighs."""

import gzip
import random
import re
from datetime import date, timedelta

from shareable_backlog.services.charts.burn_up import BurnUp
from shareable_backlog.web.pages import locales
from shareable_backlog.web.pages.locales import LocalFormat
from shareable_backlog.web.pages.rendering import _read_templates  # pyright: ignore[reportPrivateUsage]

FIRST = date(2026, 9, 7)


def draw(chart: BurnUp, heading: str = "Scope and done", locale: str = "en-GB") -> str:
    with locales.write_for(LocalFormat(locale=locale)):
        macros = _read_templates(0, "").from_string(
            "{% import 'charts/_burn_up.html' as charts %}{{ charts.burn_up(chart, heading) }}"
        )
        return macros.render(chart=chart, heading=heading)


def build(total: list[int], done: list[int], started: list[int] | None = None) -> BurnUp:
    return BurnUp(
        days=tuple(FIRST + timedelta(weeks=at) for at in range(len(total))),
        total=tuple(map(float, total)),
        done=tuple(map(float, done)),
        started=tuple(map(float, started)) if started else None,
    )


def read_words(page: str) -> str:
    [found] = re.findall(r"<desc>(.*?)</desc>", page, re.DOTALL)
    return " ".join(found.split())


def test_the_picture_is_named_and_told_in_words() -> None:
    page = draw(build([0, 12, 40], [0, 4, 28], [0, 5, 33]))
    assert 'role="img"><title>Scope and done</title>' in page
    assert read_words(page) == (
        "From 7 Sept 2026 to 21 Sept 2026 the scope went from 0 to 40 items. 28 of them are done, 5 in progress."
    )


def test_the_words_fit_one_and_all_and_none() -> None:
    assert read_words(draw(build([0, 1], [0, 1]))).endswith("from 0 to 1 item. It is done.")
    assert read_words(draw(build([0, 3], [0, 3]))).endswith("from 0 to 3 items. All of them are done.")
    assert read_words(draw(build([0, 3], [0, 1]))).endswith("from 0 to 3 items. 1 of them is done.")
    assert read_words(draw(build([0, 3], [0, 0]))).endswith("from 0 to 3 items. None of them is done.")
    assert read_words(draw(build([3, 0], [0, 0]))).endswith("from 3 to 0 items.")


def test_what_came_and_went_in_between_is_told() -> None:
    assert read_words(draw(build([0, 1, 0], [0, 0, 0]))).endswith("from 0 to 0 items, with up to 1 in between.")
    assert read_words(draw(build([2, 3, 3], [0, 0, 0]))).endswith("from 2 to 3 items. None of them is done.")


def test_the_table_has_the_numbers_of_the_picture() -> None:
    chart = build([0, 12, 1400], [0, 4, 28], [0, 5, 33])
    rows = re.findall(r'<th scope="row">.*?</tr>', draw(chart), re.DOTALL)
    cells = [[int(cell.replace(",", "")) for cell in re.findall(r"<td>([\d,]+)</td>", row)] for row in rows]
    assert chart.started
    assert cells == [list(row) for row in zip(chart.total, chart.started, chart.done, strict=True)]
    assert "1.400" in draw(chart, locale="de"), "numbers are the reader's"


def test_without_what_is_started_there_is_no_line_for_it() -> None:
    assert "Started" not in draw(build([0, 2], [0, 1]))


def test_two_years_of_weeks_weigh_little() -> None:
    dice = random.Random(1)  # noqa: S311 (a picture that comes again)
    total = sorted(dice.randrange(9_999) for _ in range(105))
    page = draw(build(total, [one // 3 for one in total], [one // 2 for one in total]))
    assert len(gzip.compress(page.encode())) < 12 * 1024
    assert len(gzip.compress(page[page.index("<svg") : page.index("<details")].encode())) < 4 * 1024


def test_a_heading_of_others_is_text() -> None:
    assert "<title>&lt;b&gt;Roof&lt;/b&gt;</title>" in draw(build([0, 1], [0, 0]), "<b>Roof</b>")


def test_more_items_than_are_counted_are_said_to_be() -> None:
    page = draw(BurnUp(days=(), total=(), done=(), started=None))
    assert "more than 10,000 items" in page
    assert "<svg" not in page
