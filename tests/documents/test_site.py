"""The site of the documents: built without a warning, asking nobody else for anything, each page found once."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.stem for path in DOCS.glob("*.md") if path.stem != "index")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site, built as `make docs` does."""
    site = tmp_path_factory.mktemp("site")
    done = build(DOCS, site)
    assert done.returncode == 0, done.stderr
    return site


def build(pages: Path, site: Path) -> "subprocess.CompletedProcess[str]":
    command = re.search(r"^\tsphinx-build (.*) docs build/docs$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert command
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *command[1].split(), "-c", str(DOCS), str(pages), str(site)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_navigation_names_each_page_once() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    named = re.findall(r"^- \[[^]]+\]\((\S+)\.md\): \S", index, re.MULTILINE)
    assert sorted(named) == PAGES


def test_each_page_has_the_navigation_with_all_pages(site: Path) -> None:
    for page in PAGES:
        text = (site / f"{page}.html").read_text(encoding="utf-8")
        led_to = re.findall(r'class="toctree-l1[^"]*"><a class="[^"]*" href="([^"#]*)', text)
        assert sorted((link or f"{page}.html") for link in led_to if "/" not in link) == [
            f"{one}.html" for one in PAGES
        ]


def test_every_decision_is_a_page_of_the_site(site: Path) -> None:
    decisions = (site / "decisions.html").read_text(encoding="utf-8")
    assert [
        path.stem for path in (DOCS / "adr").glob("*.md") if f'href="adr/{path.stem}.html"' not in decisions
    ] == []


def test_nothing_is_asked_of_anybody_else(site: Path) -> None:
    loads = re.compile(
        r"""<(?:script|img|iframe|link|source)\b[^>]*?\b(?:src|href)=["'](?:https?:)?//|@import|url\(["']?(?:https?:)?//"""
    )
    files = [path for path in site.rglob("*") if path.suffix in {".html", ".css"}]
    assert len(files) > len(PAGES)
    assert [path.name for path in files if loads.search(path.read_text(encoding="utf-8"))] == []
    scripts = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.js"))
    assert re.findall(r"""(?:fetch|import|src ?=)\(?\s*["'`](?:https?:)?//""", scripts) == []


def test_what_leads_out_of_the_documents_leads_to_the_source(site: Path) -> None:
    text = (site / "configure.html").read_text(encoding="utf-8")
    assert 'href="https://example.com/shareable-linear-backlog/source/.env.example"' in text


def test_links_to_nothing_and_a_page_in_no_list_fail_the_build(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    wrong = "[One](missing.md), [two](#missing), [three](other.md#missing)"
    (pages / "index.md").write_text(f"# Pages\n\n{wrong}\n\n## Part\n\n- [Other](other.md): one\n", encoding="utf-8")
    for name in ("other", "lost"):
        (pages / f"{name}.md").write_text(f"# {name.title()}\n", encoding="utf-8")
    done = build(pages, tmp_path / "site")
    assert done.returncode == 1
    assert done.stderr.count("xref_missing") == 3, done.stderr
    assert "lost.md: WARNING: document isn't included in any toctree" in done.stderr
    assert "other.md: WARNING" not in done.stderr
