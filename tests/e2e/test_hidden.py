"""What is not shared is on no page, in no count, and among nothing that is offered."""

import csv
import io
import json
import re
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page

from shareable_backlog.services.backlog.layouts import GROUPS, ORDERS
from tests.e2e.conftest import NewPage
from tests.support.browser.hidden import KEY, NAME

pytestmark = pytest.mark.browser

# What is typed here stands on the page that answers, so none of it is the whole name.
NARROWED = (
    "q=penumbr", "q=signal", f"q={KEY}-1", f"team={KEY}", "state=Penumbr+state", "cycle=987", "cycle=current",
    "due=7d", "updated=today", "no=assignee", "archived=shown",
)  # fmt: skip
PATHS = ("/", "/board", "/export.csv", "/export.json", "/feed.atom")
START = (
    *(f"/?group={group}" for group in GROUPS),
    *(f"/?group={group}&subgroup={'team' if group != 'team' else 'state'}" for group in GROUPS),
    *(f"/board?group={group}" for group in GROUPS),
    *(f"/?order={order}" for order in ORDERS if order != "relevance"),
    *(f"{path}?{words}" for words in NARROWED for path in PATHS),
    *(f"{path}?group={group}" for group in GROUPS for path in ("/matrix", "/timeline")),
    *(f"/present/{page}?group=label" for page in ("list", "board", "matrix", "timeline")),
    "/present/list", "/present/roadmap", "/present/meeting?since=2020-01-01",
    f"/present/list?q={KEY}-1", f"/present/roadmap?team={KEY}",
    "/matrix?since=2020-01-01", "/timeline?since=2020-01-01", "/export.csv?group=label&subgroup=team",
    "/filters", "/filters?page=/board", "/roadmap", "/roadmap?group=initiative", f"/roadmap?team={KEY}",
    "/changes?since=30d", f"/changes?since=30d&team={KEY}", "/feeds", "/views", "/about", "/account",
    "/updates", f"/updates?team={KEY}", "/updates.atom", "/api/v1/updates", "/projects/sample-project-umb-1",
    "/projects/Inspect%20without%20signal",
    "/meeting", "/meeting?since=2020-01-01", "/done", "/done?by=project", "/done?by=label", "/done?by=release",
    "/trends", f"/trends?team={KEY}&weeks=13",
    f"/teams/{KEY}", f"/cycles/{KEY}-987", "/teams/FLD", "/cycles/FLD-32", "/labels/Bug", "/people/Maren Solvik",
    "/initiatives/No wasted drive", "/roadmap?open=sample-project-umb-1", "/roadmap?open=sample-project-offline",
    "/api/v1/items", "/api/v1/teams", "/api/v1/projects", "/api/v1/labels", f"/api/v1/items/{KEY}-1",
    f"/items/{KEY}-1", f"/items/{KEY}-2",
)  # fmt: skip
FURTHER = re.compile(
    r'href="(/(?![^"]*from=)(?:\?|board|filters|roadmap|changes|present)[^"]*)" rel="next"'
)  # months have no end


def bodies(page: Page) -> dict[str, str]:
    """Return the answers of all addresses, and of the pages that follow them."""
    found: dict[str, str] = {}
    waiting = list(START)
    while waiting:
        path = waiting.pop()
        answer = page.request.get(path)
        assert answer.status in {200, 401, 403, 404}, path
        found[path] = answer.text()
        following = (urljoin("/", one.replace("&amp;", "&")) for one in FURTHER.findall(found[path]))
        waiting += [one for one in following if one not in found and one not in waiting]
    return found


def test_a_private_team_is_nowhere(page: Page) -> None:
    told = {
        path: text for path, text in bodies(page).items() if re.search(f"{NAME}|{KEY}-[0-9]", text, re.IGNORECASE)
    }
    asked_for = re.compile(f"{KEY}-1", re.IGNORECASE)
    assert [path for path, text in told.items() if NAME.lower() in text.lower() or not asked_for.search(path)] == []


def test_no_count_has_an_item_of_a_private_team(page: Page) -> None:
    exported = list(csv.DictReader(io.StringIO(page.request.get("/export.csv").text())))
    assert len(json.loads(page.request.get("/export.json").text())["data"]) == len(exported)
    for path in ("/?group=team", "/board?group=team"):
        page.goto(path)
        counts = page.locator(".group-head .count").all_inner_texts()
        assert sum(int(count.split()[0]) for count in counts) == len(exported), path


def test_an_admin_sees_that_the_team_is_there(new_page: NewPage) -> None:
    page = new_page(persona="alice")
    page.goto("/admin/sharing")
    assert page.get_by_text(f"{NAME} team").count()
