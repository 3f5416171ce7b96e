"""The pages of labels and people over HTTP: odd names in addresses, numbers and where they lead."""

import re
from collections.abc import Generator
from html import unescape
from urllib.parse import quote

import pytest

from tests.conftest import create_database
from tests.controllers.work.test_teams import NUMBER, ROWS, read_main
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

LABEL = "/labels/" + quote('Q&A / "x" + ?', safe="")
PERSON = "/people/" + quote("Zoë O'Hara / 2", safe="")


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob")
        site.query(ROWS)
        yield site


@pytest.mark.parametrize("path", [LABEL, PERSON])
def test_each_number_leads_to_a_list_of_just_as_many(site: Site, path: str) -> None:
    found = {(unescape(url), int(count)) for url, count in NUMBER.findall(read_main(site, path))}
    assert sorted(count for _, count in found) == [26, 27, 27]
    for url, count in found:
        assert read_main(site, url).count('<li class="item">') == count, url


@pytest.mark.parametrize(
    ("asked", "path"), [("/labels/q%26a / %22X%22 + %3F", LABEL), ("/people/zo%C3%AB O'hara / 2", PERSON)]
)
def test_another_spelling_leads_to_its_own_address(site: Site, asked: str, path: str) -> None:
    answer = site.get(asked, "bob")
    assert (answer.status_code, answer.headers["location"]) == (301, path)


@pytest.mark.parametrize("path", ["/labels/none", "/labels/%00", "/people/none", "/people/%ED%A0%80"])
def test_a_name_that_nobody_has_is_not_there(site: Site, path: str) -> None:
    assert site.get(path, "bob").status_code == 404


def test_who_sees_nothing_finds_no_name(site: Site) -> None:
    let_in(site.conninfo, "erin")
    for path in (LABEL, PERSON, LABEL.lower(), "/teams/ENG", "/teams/eng", "/cycles/ENG-11", "/cycles/eng-11"):
        assert site.get(path, "erin").status_code == 404, path


@pytest.mark.parametrize("path", ["/labels/", "/people/", "/teams/"])
def test_what_is_hidden_is_answered_in_the_same_words_as_what_is_not_there(site: Site, path: str) -> None:
    site.query("UPDATE teams SET private = false")
    site.query("UPDATE labels SET name = 'OPS'")
    site.query("UPDATE people SET name = 'OPS'")
    site.query("UPDATE backlog_items SET removed_at = now()")
    hidden, missing = (site.get(path + name, "bob").text.partition('class="message"')[2] for name in ("OPS", "none"))
    hidden, missing = (re.sub("<code>.*?</code>", "", one.partition("</main>")[0]) for one in (hidden, missing))
    assert hidden == missing != ""


def test_no_person_has_a_page_where_people_are_not_shown(site: Site) -> None:
    site.query("UPDATE sharing_settings SET shows_assignees = false")
    assert site.get(PERSON, "bob").status_code == 404
    assert "/people/" not in read_main(site, "/teams/ENG")
