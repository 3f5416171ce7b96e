"""Find what keeps people from using a page: with axe, and where it is wider than their screen."""

from collections.abc import Sequence
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (1440, 768, 390, 320)
# The rules whose findings the scheme can change.
COLORS = ["color-contrast", "link-in-text-block"]
# A page has thousands of texts in a dozen colors, and to read the words for a color takes axe half of its time.
_REMEMBER_COLORS = """() => {
  const known = new Map(), its = axe.commons.color.Color.prototype, parse = its.parseString;
  its.parseString = function (words) {
    if (known.has(words)) Object.assign(this, known.get(words));
    else known.set(words, (({ r, g, b, alpha }) => ({ r, g, b, alpha }))(parse.call(this, words)));
    return this;
  };
}"""


def violations(page: Page, whole: Sequence[Scheme] = ("light",), colors: Sequence[Scheme] = ("dark",)) -> list[str]:
    """Return what breaks any rule in the schemes of `whole`, and one about colors in those of `colors`."""
    page.evaluate(Axe().axe_script)
    page.evaluate(_REMEMBER_COLORS)
    found = _find_violations(page, whole, {})
    return found + _find_violations(page, colors, {"runOnly": COLORS})


def _find_violations(page: Page, schemes: Sequence[Scheme], options: dict[str, Any]) -> list[str]:
    run = "options => axe.run(options).then(results => results.violations)"
    found: list[str] = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for one in page.evaluate(run, {"resultTypes": ["violations"], **options}):
            found += [f"{scheme}: {one['id']}: {it['html'][:200]} {it['failureSummary']}" for it in one["nodes"]]
    return found


def too_wide(page: Page, widths: Sequence[int] = WIDTHS) -> dict[int, int]:
    """Return the widths of a screen at which the page is wider, and how wide it is then; sizes the page anew."""
    found: dict[int, int] = {}
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            found[width] = needed
    return found
