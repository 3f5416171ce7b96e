"""What `slb serve --dev` adds to answers, and to whose."""

import html
import re
from collections.abc import Generator

import pytest
from httpx2 import Response

from tests.conftest import create_database
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

pytestmark = pytest.mark.slow

TIMING = re.compile(r'db;desc="(\d+) statements?";dur=(\d+\.\d), (kept;desc="[^"]+", )?total;dur=(\d+\.\d)')


@pytest.fixture(scope="module")
def filled(server: str, template: str) -> Generator[str]:
    with create_database(server, template) as conninfo:
        let_in(conninfo, "alice", "bob", "carol")
        yield conninfo


@pytest.fixture
def site(filled: str) -> Generator[Site]:
    with running_site.run_site(filled, is_dev=True) as site:
        yield site


def panel_of(answer: Response) -> str:
    found = re.search(r'<details class="prose" id="statements">.*?</details>', answer.text, re.DOTALL)
    return html.unescape(found[0]) if found else ""


def timing_of(answer: Response) -> tuple[int, float, float]:
    found = TIMING.fullmatch(answer.headers["server-timing"])
    assert found
    return int(found[1]), float(found[2]), float(found[4])


def test_an_admin_on_this_machine_sees_each_statement_with_time_rows_and_plan(site: Site) -> None:
    answer = site.get("/roadmap", "alice")
    panel = panel_of(answer)
    count, database_ms, total_ms = timing_of(answer)
    assert f"<summary>{count} statements, {database_ms} ms</summary>" in panel
    assert len(re.findall(r"<p>\d+\.\d ms, \d+ rows?</p>", panel)) == count > 1
    assert panel.count("(cost=") >= count
    assert "FROM sessions s" in panel
    assert database_ms <= total_ms


def test_the_panel_stands_in_the_footer_which_our_script_puts_in_place(site: Site) -> None:
    answer = site.get("/", "alice")
    assert answer.text.rpartition("</details>")[2].startswith("</footer>")
    assert answer.headers["content-length"] == str(len(answer.content))


def test_no_parameter_is_shown(site: Site) -> None:
    panel = panel_of(site.get("/?q=zebrafish", "alice"))
    assert "%(" in panel
    assert "zebrafish" not in panel


def test_a_page_that_was_not_found_has_the_panel_too(site: Site) -> None:
    assert "statements" in panel_of(site.get("/items/NONE-1", "alice"))


@pytest.mark.parametrize("persona", ["bob", "carol", None])
def test_nobody_else_sees_it(site: Site, persona: str | None) -> None:
    for path in ("/", "/account", "/sign-in", "/waiting", "/nothing"):
        assert panel_of(site.get(path, persona)) == ""


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"])
def test_an_admin_whose_request_was_passed_on_does_not_see_it(site: Site, header: str) -> None:
    assert panel_of(site.get("/", "alice", **{header: "127.0.0.1"})) == ""


def test_an_admin_on_another_machine_does_not_see_it(filled: str) -> None:
    with running_site.run_site(filled, is_dev=True, peer="192.168.7.7") as site:
        answer = site.get("/", "alice")
    assert answer.status_code == 200
    assert panel_of(answer) == ""


def test_an_admin_who_calls_this_machine_by_a_public_name_does_not_see_it(filled: str) -> None:
    with running_site.run_site(filled, is_dev=True, base_url="https://backlog.example.com") as site:
        answer = site.get("/", "alice")
    assert answer.status_code == 200
    assert panel_of(answer) == ""


def test_kept_results_are_said_to_be_the_reason_for_no_statement(site: Site) -> None:
    first, again = site.get("/?order=created", "alice"), site.get("/?order=created", "alice")
    assert "Cached results" not in panel_of(first)
    assert "Cached results were used, so no statement ran for them." in panel_of(again)
    assert timing_of(again)[0] < timing_of(first)[0]
    assert "kept" in again.headers["server-timing"]


def test_a_page_that_the_browser_has_is_sent_again_with_the_statements_of_now(site: Site) -> None:
    tag = site.get("/", "alice").headers["etag"]
    again = site.get("/", "alice", **{"If-None-Match": tag, "Accept-Encoding": "gzip"})
    assert again.status_code == 200
    assert panel_of(again)


def test_every_answer_says_how_long_it_took(site: Site) -> None:
    for path, persona in (("/healthz", None), ("/static/style.css", None), ("/", "bob"), ("/api/v1/items", "bob")):
        timing_of(site.get(path, persona))
    assert timing_of(site.post("/changes/seen", "bob"))[0] > 0


def test_what_is_no_page_stays_as_it_is(filled: str) -> None:
    paths = ("/export.csv", "/export.json", "/static/style.css")
    with running_site.run_site(filled) as plain:
        expected = [plain.get(path, "alice").content for path in paths]
    with running_site.run_site(filled, is_dev=True) as site:
        assert [site.get(path, "alice").content for path in paths] == expected


def test_the_policy_stays_as_strict_as_ever(filled: str) -> None:
    with running_site.run_site(filled) as plain:
        expected = plain.get("/", "alice").headers["content-security-policy"]
    with running_site.run_site(filled, is_dev=True) as site:
        answer = site.get("/", "alice")
    assert answer.headers["content-security-policy"] == expected
    assert [word for word in ("style=", "<script", "<style") if word in panel_of(answer)] == []


def test_without_dev_there_is_neither_panel_nor_header(filled: str) -> None:
    with running_site.run_site(filled) as plain:
        for path in ("/", "/admin", "/roadmap", "/nothing", "/healthz"):
            answer = plain.get(path, "alice")
            assert "server-timing" not in answer.headers
            assert panel_of(answer) == ""
