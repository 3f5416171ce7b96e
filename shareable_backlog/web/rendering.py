"""Render templates: every value is escaped, a name that is missing is an error."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from shareable_backlog.web import assets, colors, markdown, words

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_FILTERS: dict[str, Any] = {
    "browser": words.browser,
    "exact": words.exact,
    "initials": words.initials,
    "toned": colors.toned,
    "markdown": markdown.as_html,
}
_GLOBALS: dict[str, Any] = {
    "asset": assets.address,
    "ago": words.ago,
    "priorities": words.PRIORITIES,
    "state_types": words.STATE_TYPES,
}
_ENVIRONMENT.filters.update(_FILTERS)
_ENVIRONMENT.globals.update(_GLOBALS)


def page(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: object
) -> HTMLResponse:
    """Give the page that `template` makes of `context`; `now` is there for every template."""
    html = _ENVIRONMENT.get_template(template).render(now=datetime.now(UTC), **context)
    return HTMLResponse(html, status, headers)
