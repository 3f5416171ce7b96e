"""Tone Linear's colours so that a glyph can be told from the page in the light and in the dark theme."""

import re
from functools import lru_cache

_NEUTRAL = "#8a8f98"
# 3:1 against white asks for a luminance of at most 0.30, against the dark theme's page for at least 0.13.
_DARKEST, _LIGHTEST = 0.14, 0.29
_STEPS = 24
# What text stands on in both schemes (tokens.css): whatever is readable there is more so on the page itself.
_RAISED = ("#f4f4f1", "#1e2124")
_READABLE = 4.5

Rgb = tuple[float, float, float]


@lru_cache(maxsize=64)
def tone_accent(color: str) -> tuple[str, str]:
    """Return a `#rrggbb` as it is read on light and on dark pages, and pages on it: a contrast of 4.5:1 (WCAG AA)."""
    light, dark = (_parse_color(one) for one in _RAISED)
    return _mix_until(color, light, (0, 0, 0)), _mix_until(color, dark, (1, 1, 1))


def _mix_until(color: str, page: Rgb, goal: Rgb) -> str:
    mixes = (_mix_colors(_parse_color(color), goal, step / _STEPS) for step in range(_STEPS + 1))
    return _write_color(next(mixed for mixed in mixes if compute_contrast(mixed, page) >= _READABLE))


def compute_contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it, 1 to 21."""
    darker, lighter = sorted((_compute_luminance(one), _compute_luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _parse_color(color: str) -> Rgb:
    return int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255


def _write_color(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


@lru_cache(maxsize=4096)
def tone_color(color: str | None) -> str:
    """Return `color` (`#rrggbb`) as one that has a contrast of 3:1 on both pages; anything else is a neutral grey."""
    if color is None or not re.fullmatch(r"#[0-9A-Fa-f]{6}", color):
        return _NEUTRAL
    rgb = _parse_color(color)
    goal: Rgb = (0, 0, 0) if _compute_luminance(rgb) > _LIGHTEST else (1, 1, 1)
    for step in range(_STEPS + 1):
        mixed = _mix_colors(rgb, goal, step / _STEPS)
        if _DARKEST <= _compute_luminance(mixed) <= _LIGHTEST:
            return _write_color(mixed)
    return _NEUTRAL


def _mix_colors(rgb: Rgb, goal: Rgb, share: float) -> Rgb:
    """Mix two colours into one that can be written with two digits a part, as a rounded one is another."""
    red, green, blue = (round((part + (aim - part) * share) * 255) / 255 for part, aim in zip(rgb, goal, strict=True))
    return red, green, blue


def _compute_luminance(rgb: Rgb) -> float:
    """Return the relative luminance as WCAG 2.2 defines it, 0 to 1."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)  # noqa: PLR2004 (WCAG's constants)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
