"""What a failing test shows: its own cause first, on one screen."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import as_url, create_database
from tests.support import leaks
from tests.support.served import ROOT
from tests.support.signed_in import SECRET_KEY, let_in

Reports = Mapping[str, list[str]]

_SCREEN = 40
_CAUSE = "'nonsense' is undefined"

_LEAKING = """
import pytest
from hypothesis import given, strategies
from tests.support import leaks
from tests.support.signed_in import SECRET_KEY

def test_passed_but_said_a_secret():
    print("one", "two", SECRET_KEY, "three")

def test_failed_and_said_a_secret():
    print(SECRET_KEY)
    assert "an answer" == "another answer"

@pytest.fixture
def stored():
    yield
    leaks.hunt(SECRET_KEY, "The table users")

def test_failed_and_left_a_secret_behind(stored):
    assert "an answer" == "another answer"

def test_passed_and_left_a_secret_behind(stored):
    pass

@given(xs=strategies.just([4711]))
def test_failed_for_an_example(xs):
    assert not xs
"""

_BREAK_PAGES = """
from jinja2 import FileSystemLoader
from shareable_backlog.web.pages import rendering

class Broken(FileSystemLoader):
    def get_source(self, environment, template):
        source, *more = super().get_source(environment, template)
        return "{{ nonsense.x }}" + source, *more

environment = rendering._read_templates(0, "")
environment.loader = Broken(environment.loader.searchpath)
"""

_BROKEN = """
import os, sys
from pathlib import Path
from tests.support import running_site, served
import broken

_CONNINFO, _URL = os.environ["SLB_TEST_CONNINFO"], os.environ["SLB_TEST_URL"]

def test_a_broken_page():
    with running_site.run_site(_CONNINFO) as site:
        assert site.get("/", "bob").status_code == 200

def test_a_broken_page_behind_an_answer():
    with running_site.run_site(_CONNINFO, raises=False) as site:
        assert site.get("/", "bob").status_code == 200

_SERVE = (
    "import broken, runpy, sys; sys.argv = sys.argv[3:];"
    "runpy.run_module('shareable_backlog', run_name='__main__')"
)

def test_a_broken_page_of_a_server_in_a_process_of_its_own(tmp_path):
    (tmp_path / "broken.py").write_text(Path(broken.__file__).read_text())
    with served.run_serve(tmp_path, enter=(sys.executable, "-c", _SERVE), DATABASE_URL=_URL) as program:
        assert program.get("/").status == 200

def test_a_command_that_failed(tmp_path):
    code, _ = served.slb(tmp_path, "serve", "--port", "many")
    assert code == 0
"""


def reports_of(folder: Path, source: str, **environment: str) -> Reports:
    """Run a file of tests as the suite does, and return what is reported of each that failed."""
    (folder / "test_it.py").write_text(source, encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    options = settings["tool"]["pytest"]["ini_options"]["addopts"]
    ours = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}  # which pick among others
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "tests.support.causes", "-p", "no:cacheprovider"],
        cwd=folder, env=ours | {"PYTHONPATH": f"{ROOT}:{folder}", **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    _head, *parts = re.split(r"^_+ (?:ERROR at teardown of )?(test_\w+) _+$", done.stdout, flags=re.MULTILINE)
    assert parts, done.stdout + done.stderr
    parts[-1] = re.split(r"^=+ short test summary", parts[-1], maxsplit=1, flags=re.MULTILINE)[0]
    names, texts = parts[::2], parts[1::2]
    assert len(names) == len(set(names)), "each test is reported once"
    return {name: text.strip().splitlines() for name, text in zip(names, texts, strict=True)}


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return reports_of(tmp_path_factory.mktemp("leaking"), _LEAKING)


@pytest.fixture(scope="module")
def broken(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "broken.py").write_text(_BREAK_PAGES, encoding="utf-8")
    with create_database(server, template) as conninfo:
        let_in(conninfo, "bob")
        return reports_of(folder, _BROKEN, SLB_TEST_CONNINFO=conninfo, SLB_TEST_URL=as_url(conninfo))


@pytest.mark.parametrize(
    "name",
    [
        "test_a_broken_page",
        "test_a_broken_page_behind_an_answer",
        "test_a_broken_page_of_a_server_in_a_process_of_its_own",
    ],
)
def test_a_broken_page_is_one_screen_with_its_cause(broken: Reports, name: str) -> None:
    assert len(broken[name]) <= _SCREEN
    assert _CAUSE in "\n".join(broken[name])


def test_the_exception_comes_before_whatever_was_captured(broken: Reports) -> None:
    [cause, *_] = [number for number, line in enumerate(broken["test_a_broken_page"]) if line.startswith("E  ")]
    captured = [number for number, line in enumerate(broken["test_a_broken_page"]) if line.startswith("-----")]
    assert _CAUSE in broken["test_a_broken_page"][cause]
    assert all(cause < number for number in captured)


def test_a_command_that_failed_shows_what_it_said(broken: Reports) -> None:
    assert "argument --port: should be a whole number from 0 to 65535" in "\n".join(
        broken["test_a_command_that_failed"]
    )


def test_a_secret_in_the_output_of_a_test_that_passed_fails_it_and_says_where(leaking: Reports) -> None:
    [first, *_] = leaking["test_passed_but_said_a_secret"]
    assert first.startswith("Captured stdout call gives a secret away")
    assert first.endswith(f"one two {SECRET_KEY[:6]}… three")


def test_a_secret_in_the_output_of_a_test_that_failed_does_not_hide_why(leaking: Reports) -> None:
    report = leaking["test_failed_and_said_a_secret"]
    assert "E   AssertionError: assert 'an answer' == 'another answer'" in report[:5]
    assert any(line.startswith("Captured stdout call gives a secret away") for line in report)


def test_what_a_test_leaves_behind_is_judged_only_when_it_passed(leaking: Reports) -> None:
    assert "AssertionError" in "\n".join(leaking["test_failed_and_left_a_secret_behind"])
    assert "The table users gives a secret away" in "\n".join(leaking["test_passed_and_left_a_secret_behind"])
    assert "secret away" not in "\n".join(leaking["test_failed_and_left_a_secret_behind"])


def test_a_property_that_fails_shows_the_values_of_its_example(leaking: Reports) -> None:
    assert "xs=[4711]" in "\n".join(leaking["test_failed_for_an_example"])


def test_all_marked_secrets_are_masked_where_one_is_found() -> None:
    other = leaks.mark("another-secret")
    found = leaks.find(f"begin {other} {SECRET_KEY} end", "It")
    assert found
    assert f"begin {other[:6]}… {SECRET_KEY[:6]}… end" in found
