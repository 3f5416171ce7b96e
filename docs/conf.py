"""The site that `make docs` builds of these pages with Sphinx; its navigation is the lists of index.md."""

import re

from sphinx.application import Sphinx

project = "Shareable Linear Backlog"
extensions = ["myst_parser"]
exclude_patterns = ["screenshots"]
nitpicky = True
myst_heading_anchors = 3
html_theme = "alabaster"
html_title = project
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {
    "description": "For operators and admins", "page_width": "1100px", "sidebar_width": "240px",
    "font_family": "system-ui, sans-serif", "head_font_family": "system-ui, sans-serif", "font_size": "16px",
}  # fmt: skip
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}


SOURCE = "https://example.com/shareable-linear-backlog/source/"


def lead_out(_app: Sphinx, page: str, source: list[str]) -> None:
    """Let links to files beside the documents lead to where the source is."""
    way_out = "../" * (page.count("/") + 1)
    source[0] = source[0].replace(f"]({way_out}", f"]({SOURCE}")


def add_navigation(_app: Sphinx, page: str, source: list[str]) -> None:
    """Let each heading of index.md with its list of pages be a part of the navigation."""
    if page == "index":
        for part in source[0].split("\n## ")[1:]:
            heading, pages = part.partition("\n")[0], re.findall(r"^- \[.*?\]\((\S+)\.md\)", part, re.MULTILINE)
            source[0] += "\n".join(("", "```{toctree}", ":hidden:", f":caption: {heading}", *pages, "```", ""))


def setup(app: Sphinx) -> None:
    """Be an extension of Sphinx."""
    app.connect("source-read", lead_out)
    app.connect("source-read", add_navigation)
