"""Templates and static files without a database."""

import re
from pathlib import Path
from typing import Any

import jinja2
import pytest

from shareable_backlog.web import assets, rendering

OF_ERROR: dict[str, Any] = {"incident": "abcd1234", "may_try_again": True}
STATIC = Path(assets.__file__).parents[1] / "static"


def test_an_error_page_needs_no_database() -> None:
    answer = rendering.page("error.html", status=503, title="Away", message="Try later.", **OF_ERROR)
    page = bytes(answer.body).decode()
    assert answer.status_code == 503
    assert all(words in page for words in ("<h1>Away</h1>", "Try later.", "abcd1234", "Try again"))


def test_every_value_is_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    page = bytes(rendering.page("error.html", status=404, title=hostile, message=hostile, **OF_ERROR).body)
    assert b"<script>alert" not in page
    assert b"&lt;script&gt;alert(1)" in page


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendering.page("error.html", status=404, title="A title")


def test_no_template_has_inline_style_or_script_which_the_policy_would_refuse() -> None:
    for template in (STATIC.parent / "templates").iterdir():
        text = template.read_text()
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?! src)|javascript:", text), template.name


def test_the_script_is_small_and_nothing_static_names_another_host() -> None:
    assert (STATIC / "app.js").stat().st_size < 3000
    for path in STATIC.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|url\(//|@import", text), path.name
