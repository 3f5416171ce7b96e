"""Static files: from memory, kept by browsers under the address of their present version."""

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from shareable_backlog.web import live_files, params
from shareable_backlog.web.pages import assets

CLIENT = TestClient(Starlette(routes=[Route("/static/{path:path}", params.bind(assets.send_file))]))


@pytest.mark.parametrize("name", ["style.css", "app.js"])
def test_a_page_names_the_version_that_browsers_may_keep(name: str) -> None:
    answer = CLIENT.get(assets.build_url(name))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=", "?v=000000000000"])
def test_any_other_version_is_asked_for_again(query: str) -> None:
    assert CLIENT.get(f"/static/style.css{query}").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["none.css", "style/base.css", "%2e%2e/app.py", "style.css%00"])
def test_there_are_no_other_files(path: str) -> None:
    assert CLIENT.get(f"/static/{path}").status_code == 404


def test_every_part_of_the_style_sheet_is_served_without_its_comments_and_indents() -> None:
    sheet = CLIENT.get(assets.build_url("style.css")).text
    parts = [path.read_text("utf-8") for path in (live_files.STATIC / "style").rglob("*.css")]
    rules = [re.sub(r"/\*.*?\*/", " ", part, flags=re.DOTALL).split() for part in parts]
    words = " ".join(sheet.split())
    assert [rule for rule in rules if " ".join(rule) not in words] == []
    assert len(words.split()) == sum(map(len, rules))
    assert re.findall(r"/\*|^\s", sheet, re.MULTILINE) == []


@pytest.mark.parametrize("path", sorted(live_files.STATIC.glob("*.js")), ids=lambda path: path.name)
def test_a_script_is_served_without_lines_that_only_comment(path: Path) -> None:
    script = CLIENT.get(assets.build_url(path.name)).text
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    assert script.splitlines() == [line for line in lines if line and not line.startswith("//")]
    # In a text of several lines they would be no indents.
    assert [line for line in lines if line.count("`") % 2] == []
