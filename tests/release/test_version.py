"""The version of the program, of the changelog, and of the recipe for the next one."""

import re
from pathlib import Path

from shareable_backlog import __version__

ROOT = Path(__file__).parents[2]
HEADINGS = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_changelog_begins_with_what_is_unreleased_and_then_goes_by_version() -> None:
    first, *others = HEADINGS
    assert first == "Unreleased"
    assert [heading for heading in others if not re.fullmatch(r"0\.\d+\.\d+ \(20\d\d-\d\d-\d\d\)", heading)] == []
    versions = [tuple(map(int, heading.partition(" ")[0].split("."))) for heading in others]
    assert versions == sorted(set(versions), reverse=True)


def test_the_program_is_of_the_newest_version_there() -> None:
    assert HEADINGS[1].partition(" ")[0] == __version__


def test_the_recipe_tags_the_version_by_a_v_and_makes_what_the_makefile_makes() -> None:
    page = (ROOT / "docs/releasing.md").read_text(encoding="utf-8")
    assert re.search(r"git tag --sign --message \"(0\.\d+\.\d+)\" v\1$", page, re.MULTILINE)
    assert "make release RELEASE_KEY=" in page
    assert "--key '$(RELEASE_KEY)'" in (ROOT / "Makefile").read_text(encoding="utf-8")
