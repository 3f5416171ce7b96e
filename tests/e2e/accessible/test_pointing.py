"""Whoever points needs no steady hand: targets are large or far apart, and nothing is dragged or done too early."""

import re
from pathlib import Path

import pytest

from tests.e2e.accessible.pages import EVERY_PAGE
from tests.e2e.conftest import Visit

pytestmark = pytest.mark.browser

SCRIPTS = Path(__file__).parents[3] / "shareable_backlog" / "static"
# WCAG 2.5.8: 24 by 24 pixels, or a circle of 24 around its middle that meets no other target, or within a sentence.
_FIND_SMALL = """() => {
  const kinds = 'a[href], button, summary, select, input:not([type=hidden]), textarea';
  const targets = [...document.querySelectorAll(kinds)]
    .filter(one => one.checkVisibility({ visibilityProperty: true }) && !one.disabled)
    .filter(one => !one.closest('.visually-hidden, .skip'))
    .map(one => {
      const stretched = getComputedStyle(one, '::after');
      const isWhole = stretched.position === 'absolute' && stretched.content !== 'none';
      const around = one.closest('label') ?? (isWhole ? one.closest('li, article, .item, .card') : null) ?? one;
      return { one, box: around.getBoundingClientRect(), isWhole };
    }).filter(({ box }) => box.width > 1 && box.height > 1);
  const isLarge = ({ box }) => box.width >= 23.5 && box.height >= 23.5;
  // Of a sentence, or a line of text in prose, the height is that of the text.
  const isInline = ({ one }) => {
    const around = one.closest('p, li, dd, td, th, blockquote, .prose, span, h1, h2, h3, time');
    return getComputedStyle(one).display === 'inline' && around !== null
      && around.textContent.trim().length > one.textContent.trim().length;
  };
  const middle = ({ box }) => [box.x + box.width / 2, box.y + box.height / 2];
  return targets.filter(one => !isLarge(one) && !isInline(one)).filter(one => {
    const [x, y] = middle(one);
    return targets.some(other => {
      if (other.isWhole || other.one.contains(one.one) || one.one.contains(other.one)) return false;
      const dx = Math.max(other.box.left - x, 0, x - other.box.right);
      const dy = Math.max(other.box.top - y, 0, y - other.box.bottom);
      const [ox, oy] = middle(other);
      return isLarge(other) ? Math.hypot(dx, dy) < 12 : Math.hypot(ox - x, oy - y) < 24;
    });
  }).map(({ one, box }) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${one.outerHTML.slice(0, 140)}`);
}"""


@pytest.mark.parametrize(("path", "persona"), EVERY_PAGE, scope="session")
def test_targets_are_large_or_far_apart(visit: Visit, path: str, persona: str | None) -> None:
    page = visit(path, persona, 1280, 1024)
    found = page.evaluate(_FIND_SMALL)
    page.set_viewport_size({"width": 390, "height": 844})
    assert found + page.evaluate(_FIND_SMALL) == []


def test_nothing_happens_before_a_press_ends_nor_by_dragging_or_moving_the_device() -> None:
    own = {path.name: path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.js")}
    early = re.compile(
        r"pointerdown|pointermove|mousedown|mousemove|touch(start|move)|drag|devicemotion|deviceorientation"
    )
    assert {name for name, script in own.items() if early.search(script)} == set()
