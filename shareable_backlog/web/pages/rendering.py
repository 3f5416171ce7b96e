"""Render templates: every value is escaped, a name that is missing is an error."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse

from shareable_backlog.web import live_files
from shareable_backlog.web.live_files import TEMPLATES
from shareable_backlog.web.markdown import markdown
from shareable_backlog.web.pages import assets, colors, locales, words
from shareable_backlog.web.pages.locales import LocalFormat

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def _build_filter(write: Callable[..., Any]) -> Callable[..., Any]:
    """Make a filter of what writes for the reader: Jinja would do it for a constant once, whoever reads."""

    @pass_context
    def write_for_reader(_context: Context, *args: object, **options: object) -> Any:  # noqa: ANN401 (a text, or a day)
        return write(*args, **options)

    return write_for_reader


_OF_READER: dict[str, Callable[..., Any]] = {
    "clock": locales.format_clock,
    "day": locales.format_day,
    "exact": locales.format_exact,
    "month": locales.format_month,
    "number": locales.format_number,
    "today": locales.compute_today,
    "weekday": locales.format_weekday,
}
_FILTERS: dict[str, Any] = {
    **{name: _build_filter(write) for name, write in _OF_READER.items()},
    "filter_value": words.describe_filter_value,
    "browser": words.describe_browser,
    "initials": words.format_initials,
    "toned": colors.tone_color,
    "markdown": markdown.render_markdown,
}
_GLOBALS: dict[str, Any] = {
    "asset": assets.build_url,
    "ago": words.format_ago,
    "priorities": words.PRIORITIES,
    "state_types": words.STATE_TYPES,
    "fields": words.FIELDS,
    "orders": words.ORDERS,
    "columns": words.COLUMNS,
    "nothing": words.NOTHING,
}
_ENVIRONMENT.filters.update(_FILTERS)
_ENVIRONMENT.globals.update(_GLOBALS)


def render_page(
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    local: LocalFormat = LocalFormat(),  # noqa: B008 (frozen)
    **context: object,
) -> HTMLResponse:
    """Return the page that `template` makes of `context` for a reader who is `local`; it has `now` and `local`."""
    return HTMLResponse(render_part(template, local=local, now=datetime.now(UTC), **context), status, headers)


def render_part(template: str, *, local: LocalFormat = LocalFormat(), **context: object) -> Markup:  # noqa: B008 (frozen)
    """Return a part of a page, to be put into it as it is: it can be kept for all who are `local` in the same way."""
    _take_changes(live_files.read_files_edition())
    with locales.write_for(local):
        html = _ENVIRONMENT.get_template(template).render(local=local, **context)
    return Markup(html)  # noqa: S704 (autoescaped)


@cache
def _render_keys() -> Markup:
    """Return the list of keys, which is the same on every page."""
    return render_part("shared/_keyboard.html")


@lru_cache(maxsize=1)
def _take_changes(_edition: int) -> None:
    """Forget what was made of templates that have changed since, and make anew what is the same for all pages."""
    assert _ENVIRONMENT.cache is not None  # noqa: S101 (it has one unless it was made without)
    _ENVIRONMENT.cache.clear()
    _render_keys.cache_clear()
    # Templates need not import them.
    once: dict[str, Any] = {
        "keys": _render_keys,
        "icons": _ENVIRONMENT.get_template("shared/_icons.html").module,
        "values": _ENVIRONMENT.get_template("shared/_values.html").module,
    }
    _ENVIRONMENT.globals.update(once)
