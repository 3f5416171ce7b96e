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
# Whether a text passes follows from its colors, its size and what lies below it. Lines are alike, so axe judges one
# text of each kind, the first that it can judge; of those that are short, translucent or above what it can't tell it
# judges all. What lies below a text is the same in each scheme: the first run finds it.
_JUDGE_EACH_KIND_ONCE = """() => {
  const check = axe._audit.checks['color-contrast'], { evaluate } = check;
  const rule = axe._audit.rules.find(({ id }) => id === 'color-contrast'), { gather } = rule;
  const stacks = new Map(), passed = new Set(), alike = new Map();
  let backgrounds = new Map();
  const isSolid = style => style.opacity === '1' && style.mixBlendMode === 'normal';
  const readBackground = one => {
    if (!backgrounds.has(one)) {
      const style = getComputedStyle(one), above = one.parentElement ? readBackground(one.parentElement) : '';
      backgrounds.set(one, above === null || !isSolid(style) ? null : style.backgroundColor + style.backgroundImage);
    }
    return backgrounds.get(one);
  };
  const readKind = node => {
    const below = stacks.get(node)?.map(readBackground);
    if (!below || below.includes(null)) return null;
    const style = getComputedStyle(node);
    return [style.color, style.webkitTextFillColor, style.webkitTextStroke, style.textShadow, style.fontSize,
      style.fontWeight, ...below].join('|');
  };
  const hasText = one => one.matches('input, select, textarea')
    || [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  rule.gather = function (...args) {
    backgrounds = new Map();
    passed.clear();
    alike.clear();
    return gather.apply(this, args).filter(({ actualNode }) => {
      const kind = readKind(actualNode);
      if (kind === null) return hasText(actualNode);
      alike.set(kind, [...alike.get(kind) ?? [], actualNode]);
      return alike.get(kind).length === 1;
    });
  };
  check.evaluate = function (node, options, virtual, context) {
    const judge = one => evaluate.call(this, one, options, axe.utils.getNodeFromTree(one), context);
    if (!stacks.has(node)) {
      const isShort = axe.commons.text.visibleVirtual(virtual, false, true).length < 2;
      const stack = isShort ? null : axe.commons.color.getBackgroundStack(node);
      stacks.set(node, stack?.includes(document.body) ? [...stack] : null);
    }
    const kind = readKind(node);
    if (passed.has(kind)) return true;
    let result = judge(node);
    for (const one of alike.get(kind) ?? []) result ??= judge(one);
    if (kind !== null && result) passed.add(kind);
    return result;
  };
}"""


def violations(page: Page, whole: Sequence[Scheme] = ("light",), colors: Sequence[Scheme] = ("dark",)) -> list[str]:
    """Return what breaks any rule in the schemes of `whole`, and one about colors in those of `colors`."""
    page.evaluate(Axe().axe_script)
    page.evaluate(_REMEMBER_COLORS)
    page.evaluate(_JUDGE_EACH_KIND_ONCE)
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
