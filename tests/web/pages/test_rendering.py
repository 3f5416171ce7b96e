"""Templates and static files without a database."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from msgspec import defstruct
from starlette.responses import HTMLResponse

from shareable_backlog.services.account.preferences import Density, Preferences, Theme
from shareable_backlog.services.mirror.freshness import Freshness
from shareable_backlog.web.pages import assets, locales, rendering
from shareable_backlog.web.pages.locales import LocalFormat

OF_ERROR: dict[str, Any] = {"request_id": "abcd1234", "may_try_again": True}
STATIC = Path(assets.__file__).parents[2] / "static"
AT = datetime(2026, 11, 4, 13, 2, tzinfo=UTC)


def render_error(status: int = 200, **context: Any) -> HTMLResponse:
    kind = defstruct("Context", context, frozen=True)
    return rendering.render_page("shared/error.html", kind(**context), status=status)


def page_of_nothing(**context: Any) -> str:
    answer = render_error(title="", message="", **(OF_ERROR | context))
    return bytes(answer.body).decode()


def part_with_time(local: LocalFormat) -> str:
    mirror = Freshness(AT, is_late=False, failure=None, is_sample=False)
    return page_of_nothing(mirror=mirror, local=local)


def test_an_error_page_needs_no_database() -> None:
    answer = render_error(status=503, title="Away", message="Try later.", **OF_ERROR)
    page = bytes(answer.body).decode()
    assert answer.status_code == 503
    assert all(words in page for words in ("<h1>Away</h1>", "Try later.", "abcd1234", "Try again"))


def test_every_value_is_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    page = bytes(render_error(status=404, title=hostile, message=hostile, **OF_ERROR).body)
    assert b"<script>alert" not in page
    assert b"&lt;script&gt;alert(1)" in page


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render_error(status=404, title="A title")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_there_before_the_first_paint(theme: Theme) -> None:
    page = page_of_nothing(preferences=Preferences(theme=theme))
    assert f'<html lang="en" data-theme="{theme}">' in page
    assert f'<meta name="color-scheme" content="{theme}">' in page


def test_without_a_choice_the_system_has_its_way() -> None:
    page = page_of_nothing(preferences=Preferences())
    assert '<html lang="en">' in page
    assert '<meta name="color-scheme" content="light dark">' in page


@pytest.mark.parametrize(("density", "marks"), [("compact", 1), ("comfortable", 0)])
def test_dense_rows_are_a_mark_of_the_page(density: Density, marks: int) -> None:
    assert page_of_nothing(preferences=Preferences(density=density)).count('data-density="compact"') == marks


@pytest.mark.parametrize(
    ("mirror", "said", "look"),
    [
        (Freshness(AT, is_late=False, failure=None, is_sample=False), ["As of 14:02, "], "freshness"),
        (Freshness(AT, is_late=True, failure=None, is_sample=False), ["older than usual"], "freshness late"),
        (
            Freshness(AT, is_late=True, failure="Set LINEAR_API_KEY.", is_sample=False),
            ["Updates are delayed since 14:02", "What you see is as of then; it will catch up by itself."],
            "freshness failing",
        ),
        (Freshness(None, is_late=False, failure=None, is_sample=False), ["Nothing has been mirrored"], "freshness"),
    ],
)
def test_every_page_says_how_old_it_is(mirror: Freshness, said: Sequence[str], look: str) -> None:
    page = page_of_nothing(mirror=mirror, local=LocalFormat("Europe/Berlin"))
    assert all(words in page for words in [f'<p class="{look}">', *said])


def test_only_admins_read_why_updates_fail() -> None:
    mirror = Freshness(AT, is_late=True, failure="Set LINEAR_API_KEY.", is_sample=False, failure_code="NO_KEY")
    assert "_KEY" not in page_of_nothing(mirror=mirror)
    admin = SimpleNamespace(is_admin=True, reads_as_admin=True, viewing_as=None, state="disabled")
    page = page_of_nothing(mirror=mirror, visitor=admin, here="/account", waiting=0, csrf="")
    assert 'Set LINEAR_API_KEY. <a href="/admin/sync">' in page
    assert "<code>NO_KEY</code>" in page
    assert '<form method="post" action="/admin/sync">' in page


def test_who_chose_no_time_zone_is_told_which_one_it_is() -> None:
    mirror = Freshness(AT, is_late=False, failure=None, is_sample=False)
    assert "As of 13:02 UTC, " in page_of_nothing(mirror=mirror)


async def _read(local: LocalFormat) -> list[str]:
    pages: list[str] = []
    for _ in range(20):
        pages.append(await asyncio.to_thread(part_with_time, local))
        pages.append(part_with_time(local))
        await asyncio.sleep(0)
    return pages


def test_readers_at_the_same_time_get_each_their_own_times() -> None:
    async def together() -> list[list[str]]:
        return await asyncio.gather(
            *map(_read, (LocalFormat("Europe/Berlin", "de"), LocalFormat("Asia/Tokyo", "ja"), LocalFormat()))
        )

    berlin, tokyo, anywhere = asyncio.run(together())
    assert all("4. Nov. 2026, 14:02 CET" in page for page in berlin)
    assert all("2026年11月4日 22:02 JST" in page for page in tokyo)
    assert all("4 Nov 2026, 13:02 UTC" in page for page in anywhere)
    assert locales.format_exact(AT) == "4 Nov 2026, 13:02 UTC"


def test_no_template_has_inline_style_or_script_which_the_policy_would_refuse() -> None:
    for template in (STATIC.parent / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?! src)|javascript:", text), template.name


def test_the_script_is_small_and_nothing_static_names_another_host() -> None:
    for other in ("admin.js", "filters.js", "passkeys.js"):
        assert sum((STATIC / name).stat().st_size for name in ("app.js", other)) < 14_000, other
    for path in filter(Path.is_file, STATIC.rglob("*")):
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|url\(//|@import", text), path.name
