"""No version that is pinned is one of those known as bad; what that is worth stands in docs/releasing.md."""

import datetime as dt
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from release.lock import read_lock

ROOT = Path(__file__).parents[2]
KEPT = tomllib.loads((ROOT / "release/advisories.toml").read_text(encoding="utf-8"))
PINNED = [(one.name, one.version) for name in ("", "-dev") for one in read_lock(ROOT / f"requirements{name}.lock")]


def find_weak(pinned: Iterable[tuple[str, str]]) -> list[str]:
    return [
        f"{name} {version}: {weakness['id']}"
        for name, version in pinned
        for weakness in KEPT["weakness"]
        if weakness["package"] == name and version in SpecifierSet(weakness["affected"])
    ]


def test_no_pinned_version_is_known_as_bad() -> None:
    assert find_weak(PINNED) == []


def test_one_that_is_would_be_found() -> None:
    assert find_weak([("jinja2", "3.1.5"), ("jinja2", "3.1.6")]) == ["jinja2 3.1.5: CVE-2025-27516"]


@pytest.mark.parametrize("weakness", KEPT["weakness"], ids=lambda weakness: weakness["id"])
def test_each_is_of_a_library_that_is_pinned_and_has_a_number_and_an_end(weakness: dict[str, str]) -> None:
    assert weakness["package"] in {name for name, _ in PINNED}
    assert re.fullmatch(r"(CVE-\d{4}-\d{4,}|GHSA(-\w{4}){3}|PYSEC-\d{4}-\d+)", weakness["id"])
    assert re.search(r"<\d", weakness["affected"])


def test_the_list_says_what_day_it_is_of() -> None:
    assert isinstance(KEPT["known_on"], dt.date)


def test_what_could_not_be_asked_for_fails_the_audit() -> None:
    """Else pip-audit ends well, with "No known vulnerabilities found", where there is no PyPI to ask."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    audits = [line for line in makefile.splitlines() if "pip-audit" in line]
    assert len(audits) == 2
    assert all("--strict" in line for line in audits)
