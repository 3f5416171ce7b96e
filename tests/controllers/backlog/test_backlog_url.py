"""The addresses of pages of the backlog: what they ask for, and where their links lead."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from shareable_backlog.controllers.backlog.backlog_url import BOARD, LIST, BacklogQuery, BacklogUrl, build_backlog_url
from shareable_backlog.services.backlog.filters import Condition
from shareable_backlog.vocabulary import USUAL_COLUMNS
from shareable_backlog.web import params


def read_url(address: str) -> BacklogUrl:
    parts = urlsplit(address)
    query = params.read(BacklogQuery, parse_qsl(parts.query, keep_blank_values=True), "query")
    return build_backlog_url(parts.path, query)


@pytest.mark.parametrize(
    "address",
    [
        "/?q=leak+roof",
        "/?team=ENG&team=OPS&-label=Bug&no=assignee&has=due&archived=shown&done=hidden",
        "/board?group=team&order=due&columns=id,state&closed=&closed=OPS",
        "/board",
        "/?label=a%26b%3Dc",
    ],
)
def test_an_address_is_read_and_written_back(address: str) -> None:
    assert read_url(address).url == address


def test_the_list_of_everything_is_not_the_bare_address_which_leads_to_the_default_view() -> None:
    assert read_url("/").url == "/?all"
    assert read_url("/").build_page_url(("skip", "12")) == "/?skip=12"


def test_a_page_of_it_is_named_last() -> None:
    assert read_url("/?team=ENG").build_page_url(("after", "x y")) == "/?team=ENG&after=x+y"


def test_another_page_shows_the_same_items() -> None:
    assert read_url("/?team=ENG&group=state").build_url_at(BOARD) == "/board?team=ENG&group=state"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("url_without_text", "/?team=ENG&archived=shown&done=hidden&order=due"),
        ("url_with_done", "/?q=roof&team=ENG&archived=shown&order=due"),
        ("url_without_archived", "/?q=roof&team=ENG&done=hidden&order=due"),
        ("url_without_filters", "/?order=due"),
    ],
)
def test_one_thing_less_is_asked_for_and_all_else_stays(name: str, url: str) -> None:
    assert getattr(read_url("/?q=roof&team=ENG&archived=shown&done=hidden&order=due"), name) == url


def test_a_filter_is_taken_away_alone() -> None:
    place = read_url("/?team=ENG&label=Bug&-label=Roof")
    assert place.build_url_without(Condition("label", ("Bug",))) == "/?team=ENG&-label=Roof"


def test_a_group_leads_to_its_list_without_groups() -> None:
    place = read_url("/board?group=label&closed=Roof&team=ENG&label=Bug&order=due")
    both = "/?team=ENG&label=Bug&label.all=Area&order=due"
    assert place.build_group_url(Condition("label", ("Area",))) == both, "what is in it has both labels"
    assert place.build_group_url(Condition("team", ("OPS",))) == "/?label=Bug&team=OPS&order=due"


def test_a_group_is_closed_and_opened_again_in_whatever_case() -> None:
    closed = read_url("/?group=state").build_fold_url("Done")
    assert closed == "/?group=state&closed=Done"
    assert read_url(closed).build_fold_url("done") == "/?group=state"


def test_a_form_carries_along_all_but_its_own_fields() -> None:
    place = read_url("/?q=roof&team=ENG&group=state&closed=Done")
    assert place.list_other_pairs("group", "closed") == [("q", "roof"), ("team", "ENG")]


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("/?group=none&order=rank", "/?all"),
        ("/?order=updated", "/?order=updated"),
        ("/?q=roof&order=relevance", "/?q=roof"),
        ("/?q=roof&order=updated", "/?q=roof&order=updated"),
        (f"/?columns={','.join(USUAL_COLUMNS)}", "/?all"),
        ("/board?group=state", "/board"),
        ("/?group=state", "/?group=state"),
    ],
)
def test_what_goes_without_saying_is_left_out(address: str, url: str) -> None:
    assert read_url(address).shorten(USUAL_COLUMNS).url == url


def test_the_query_is_the_address_without_its_path() -> None:
    place = read_url("/board?team=ENG&columns=id,state")
    assert (place.path, place.query) == (BOARD, "team=ENG&columns=id,state")
    assert read_url(LIST).query == ""
