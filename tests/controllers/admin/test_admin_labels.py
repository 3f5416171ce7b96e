"""The page on which an admin lets labels through, in the whole program."""

import asyncio
import re
from collections.abc import Generator

import pytest

from shareable_backlog import database as program_database
from shareable_backlog.config import Settings
from tests.support import running_site
from tests.support.mirrored import item, label, store
from tests.support.running_site import Site
from tests.support.signed_in import let_in


@pytest.fixture
def site(settings: Settings, database: str) -> Generator[Site]:
    """Yield the program over items with one label that is read of and one that waits; alice is an admin."""

    async def fill() -> None:
        async with program_database.open_database(settings):
            await store(label("known"), label("brandnew"), item(1, label_ids=["label-known", "label-brandnew"]))

    asyncio.run(fill())
    let_in(database)
    with running_site.run_site(database) as site:
        site.query("UPDATE labels SET is_offered = NULL WHERE name = 'brandnew'")
        yield site


def list_fields(page: str, name: str) -> list[str]:
    """Return the values of a form's fields of this name; of boxes only those that are ticked."""
    inputs = re.findall(rf'<input type="(\w+)" name="{name}" value="([^"]*)"( checked)?', page)
    return [value for kind, value, checked in inputs if kind != "checkbox" or checked]


def test_a_new_label_waits_in_admin_and_is_read_of_once_it_was_let_through(site: Site) -> None:
    assert "known" in site.get("/", "bob").text
    assert "brandnew" not in site.get("/", "bob").text
    assert "label waits" in site.get("/admin", "alice").text
    page = site.get("/admin/labels", "alice").text
    assert "Waiting (1)" in page
    sent = {name: list_fields(page, name) for name in ("was_on", "was_off", "waited", "on")}
    assert sent == {"was_on": ["label-known"], "was_off": [], "waited": ["label-brandnew"], "on": ["label-known"]}
    preview = site.post("/admin/labels/preview", "alice", **sent | {"on": ["label-brandnew"]}).text
    assert "Would be named and offered" in preview
    assert "Would no longer be named nor offered" in preview
    assert "brandnew" not in site.get("/", "bob").text
    kept = {name: list_fields(preview, name) for name in sent}
    answer = site.post("/admin/labels", "alice", **kept)
    assert "Saved" in site.get(answer.headers["location"], "alice").text
    page = site.get("/", "bob").text
    assert "brandnew" in page
    assert "known" not in page
    assert "label waits" not in site.get("/admin", "alice").text
    assert "decided which labels people read" in site.get("/admin/audit", "alice").text


def test_a_preview_of_nothing_can_not_be_saved(site: Site) -> None:
    preview = site.post("/admin/labels/preview", "alice", was_on="label-known", on="label-known").text
    assert "You have not changed anything" in preview


def test_only_admins_decide(site: Site) -> None:
    assert site.get("/admin/labels", "bob").status_code == 403
    assert site.post("/admin/labels", "bob", waited="label-brandnew", on="label-brandnew").status_code == 403
    assert site.query("SELECT count(*) FROM labels WHERE is_offered IS NULL") == [(1,)]


def test_a_name_is_escaped(site: Site) -> None:
    site.query("UPDATE labels SET name = '<script>x'")
    page = site.get("/admin/labels", "alice").text
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page
