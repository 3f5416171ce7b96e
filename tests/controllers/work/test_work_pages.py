"""Where numbers and lines of pages of work lead, and for how long what was read can be kept."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from shareable_backlog.controllers.work import work_pages
from shareable_backlog.controllers.work.work_pages import WorkLinks
from shareable_backlog.services.work.sections import Condition, Filters

ALL = Filters((Condition("team", ("ENG",)),), with_archived=True)
STATE = Condition("state", ("A & B",))


def test_a_number_leads_to_the_list_of_what_it_counts() -> None:
    assert WorkLinks(has_list=True).build_url(ALL, STATE) == "/?team=ENG&state=A+%26+B&archived=shown"


def test_an_item_leads_on_through_the_part_that_it_stands_in() -> None:
    origin = WorkLinks(has_list=True).write_origin(ALL, STATE)
    assert parse_qs(origin[1:]) == {"in": ["/?team=ENG&archived=shown"], "part": ["state=A+%26+B"]}


@pytest.mark.parametrize("name", [" Bug", "x" * 201])
def test_what_no_address_keeps_as_it_is_has_no_list(name: str) -> None:
    links, odd = WorkLinks(has_list=True), Condition("label", (name,))
    assert (links.build_url(ALL, odd), links.write_origin(ALL, odd), links.write_origin(Filters((odd,)))) == (
        "",
        "",
        "",
    )


def test_nothing_leads_to_a_list_that_is_switched_off() -> None:
    links = WorkLinks(has_list=False)
    assert (links.build_url(ALL), links.write_origin(ALL)) == ("", "")


@pytest.mark.parametrize(("minute", "begins"), [(0, 0), (14, 0), (15, 15), (44, 30), (59, 45)])
def test_what_is_read_in_one_quarter_of_an_hour_is_the_same(minute: int, begins: int) -> None:
    hour = datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert work_pages.cut_time(hour + timedelta(minutes=minute, seconds=59)) == hour + timedelta(minutes=begins)
