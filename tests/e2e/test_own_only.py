"""The product's pages have one small script and one style sheet of its own, and nothing from anywhere else."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Page

from shareable_backlog import app
from tests.e2e.conftest import NewPage
from tests.e2e.test_look import ADDRESSES

pytestmark = pytest.mark.browser

STATIC = Path(app.__file__).parent / "static"
LARGEST_SCRIPT = 14_000
ADMINS = (
    "/admin",
    "/admin/people",
    "/admin/sync",
    "/admin/sharing",
    "/admin/labels",
    "/admin/settings",
    "/admin/invitations",
    "/admin/audit",
)
FETCHED = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping", "manifest"}


class Foreign(HTMLParser):
    """Collect what runs, styles or fetches otherwise than from a file of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attrs)
        if tag in {"style", "base", "iframe", "object", "embed"} or (tag == "script" and not given.get("src")):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            is_fetched = name in FETCHED or (name == "href" and tag not in {"a", "area"})
            is_foreign = is_fetched and not re.match(r"/(?!/)|#", value or "")
            if name == "style" or name.startswith("on") or is_foreign:
                self.found.append(f"<{tag} {name}={value}>")


def foreign(page: Page, paths: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        parser = Foreign()
        parser.feed(page.request.get(path).text())
        if parser.found:
            found[path] = parser.found
    return found


def test_no_page_has_a_script_or_a_style_of_its_own_or_asks_another_host(page: Page, new_page: NewPage) -> None:
    assert foreign(page, (*ADDRESSES.values(), "/sign-in", "/about")) == {}
    assert foreign(new_page(persona="alice"), ADMINS) == {}


def test_the_scripts_of_any_page_together_are_small() -> None:
    sizes = {file.name: file.stat().st_size for file in STATIC.glob("*.js")}
    templates = [file.read_text(encoding="utf-8") for file in (STATIC.parent / "templates").glob("*/*.html")]
    loaded = [re.findall(r"<script src=\"{{ asset\('([^']*)'\)", template) for template in templates]
    assert {name for names in loaded for name in names} == sizes.keys()
    assert max(map(len, loaded)) == 1, "beside app.js, which each has but slides, at most one"
    assert sizes.pop("slides.js") < LARGEST_SCRIPT / 4
    assert sizes.pop("app.js") + max(sizes.values()) < LARGEST_SCRIPT


def test_no_script_or_style_names_another_host() -> None:
    for file in [*STATIC.glob("**/*.js"), *STATIC.glob("**/*.css")]:
        assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", file.read_text(encoding="utf-8")), file.name
