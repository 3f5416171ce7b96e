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
from shareable_backlog.web.pages.locales import Local

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def _for_reader(write: Callable[..., Any]) -> Callable[..., Any]:
    """Make a filter of what writes for the reader: Jinja would do it for a constant once, whoever reads."""

    @pass_context
    def written(_context: Context, *args: object, **options: object) -> Any:  # noqa: ANN401 (a text, or a day)
        return write(*args, **options)

    return written


_OF_READER = (
    locales.clock,
    locales.day,
    locales.exact,
    locales.month,
    locales.number,
    locales.today,
    locales.weekday,
)
_FILTERS: dict[str, Any] = {
    **{write.__name__: _for_reader(write) for write in _OF_READER},
    "filter_value": words.filter_value,
    "browser": words.browser,
    "initials": words.initials,
    "toned": colors.toned,
    "markdown": markdown.as_html,
}
_GLOBALS: dict[str, Any] = {
    "asset": assets.address,
    "ago": words.ago,
    "priorities": words.PRIORITIES,
    "state_types": words.STATE_TYPES,
    "fields": words.FIELDS,
    "orders": words.ORDERS,
    "columns": words.COLUMNS,
    "nothing": words.NOTHING,
}
_ENVIRONMENT.filters.update(_FILTERS)
_ENVIRONMENT.globals.update(_GLOBALS)


def page(
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    local: Local = Local(),  # noqa: B008 (frozen)
    **context: object,
) -> HTMLResponse:
    """Give the page that `template` makes of `context` for a reader who is `local`; it has `now` and `local`, too."""
    return HTMLResponse(part(template, local=local, now=datetime.now(UTC), **context), status, headers)


def part(template: str, *, local: Local = Local(), **context: object) -> Markup:  # noqa: B008 (frozen)
    """Give a part of a page, to be put into it as it is: it can be kept for all who are `local` in the same way."""
    _take_changes(live_files.read_files_edition())
    with locales.written_for(local):
        html = _ENVIRONMENT.get_template(template).render(local=local, **context)
    return Markup(html)  # noqa: S704 (autoescaped)


@cache
def _keys() -> Markup:
    """Give the list of keys, which is the same on every page."""
    return part("shared/_keyboard.html")


@lru_cache(maxsize=1)
def _take_changes(_edition: int) -> None:
    """Forget what was made of templates that have changed since, and make anew what is the same for all pages."""
    assert _ENVIRONMENT.cache is not None  # noqa: S101 (it has one unless it was made without)
    _ENVIRONMENT.cache.clear()
    _keys.cache_clear()
    # Templates need not import them.
    once: dict[str, Any] = {
        "keys": _keys,
        "icons": _ENVIRONMENT.get_template("shared/_icons.html").module,
        "values": _ENVIRONMENT.get_template("shared/_values.html").module,
    }
    _ENVIRONMENT.globals.update(once)
