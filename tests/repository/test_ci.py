"""What `.ci/run` runs on its second PostgreSQL: what sends statements, and nothing that none can change."""

import re
from pathlib import Path

import pytest

from shareable_backlog.config import Settings

ROOT = Path(__file__).parents[2]


def is_marked(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("server") is not None


def test_the_second_run_is_of_tests_that_have_the_mark() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r'-m "([^"]+)"', script) == ["server and not browser and not netns"]


def test_the_second_run_is_of_rooms_that_there_are_among_them_that_of_all_statements() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    rooms = re.findall(r"tests/\w+", script)
    assert "tests/database" in rooms
    assert [room for room in rooms if not (ROOT / room).is_dir()] == []


def test_a_test_that_gets_a_database_has_the_mark(request: pytest.FixtureRequest, empty_database: str) -> None:
    assert empty_database
    assert is_marked(request)


def test_a_test_that_gets_one_by_other_fixtures_has_it_too(
    request: pytest.FixtureRequest, settings: Settings
) -> None:
    assert settings.database_url
    assert is_marked(request)


def test_a_test_that_gets_none_has_no_mark(request: pytest.FixtureRequest) -> None:
    assert not is_marked(request)


def test_nobody_gets_at_the_server_but_by_the_arguments_of_a_test() -> None:
    """Nobody else reads where it is, or asks for a fixture while a test runs."""
    others = [
        path for path in (ROOT / "tests").rglob("*.py") if path not in {Path(__file__), ROOT / "tests/conftest.py"}
    ]
    ways = re.compile(r"TEST_DATABASE_URL|getfixturevalue")
    assert [str(path) for path in others if ways.search(path.read_text(encoding="utf-8"))] == []
