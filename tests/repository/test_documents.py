"""What the documents say is true of the project."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_within_the_project_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    missing = [link for link in links if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_a_heading_lead_to_one(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", document.read_text(encoding="utf-8"))
    targets = [(document.parent / file if file else document, heading) for file, heading in links]
    assert [(str(file), heading) for file, heading in targets if heading not in list_headings(file)] == []


def list_headings(document: Path) -> set[str]:
    """Return how links name the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_dependency_has_its_line_in_the_architecture() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    dependencies = re.findall(r'^  "([a-z0-9-]+)(?:\[[^]]*\])?>=', text, re.MULTILINE)
    architecture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert dependencies
    assert [name for name in dependencies if name not in architecture] == []


def test_a_decision_fits_40_lines() -> None:
    decisions = (ROOT / "docs/adr").iterdir()
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in decisions}
    assert {name: length for name, length in lengths.items() if length > 40} == {}


def test_the_acceptance_table_names_tests_that_exist() -> None:
    table = (ROOT / "docs/acceptance.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/.]+?\.py)(?:::(\w+))?`", table)
    assert named
    for file, test in named:
        assert (ROOT / file).is_file(), file
        assert not test or f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), (file, test)
