"""Render templates: every value is escaped, a name that is missing is an error."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup
from msgspec import Struct
from starlette.responses import HTMLResponse

from shareable_backlog import clock, plain_text, vocabulary
from shareable_backlog.web import live_files
from shareable_backlog.web.charts import drawing
from shareable_backlog.web.live_files import TEMPLATES
from shareable_backlog.web.pages import assets, colors, foreign_texts, kept_lines, locales, words
from shareable_backlog.web.pages.foreign_texts import IsolatedTexts
from shareable_backlog.web.pages.locales import LocalFormat
from shareable_backlog.web.pages.own_addresses import OwnAddresses
from shareable_backlog.web.pages.template_code import HtmlEnvironment
from shareable_backlog.web.sub_path import add_sub_path, get_sub_path


def _build_filter(write: Callable[..., Any]) -> Callable[..., Any]:
    """Make a filter of what writes for the reader: Jinja would do it for a constant once, whoever reads."""

    @pass_context
    def write_for_reader(_context: Context, *args: object, **options: object) -> Any:  # noqa: ANN401 (a text, or a day)
        return write(*args, **options)

    return write_for_reader


_OF_READER: dict[str, Callable[..., Any]] = {
    "clock": locales.format_clock,
    "day": locales.format_day,
    "plan_date": locales.format_plan_date,
    "exact": locales.format_exact,
    "filter_value": words.describe_filter_value,
    "iso": words.format_iso,
    "month": locales.format_month,
    "number": locales.format_number,
    "today": locales.compute_today,
    "weekday": locales.format_weekday,
}
_FILTERS: dict[str, Any] = {
    **{name: _build_filter(write) for name, write in _OF_READER.items()},
    "browser": words.describe_browser,
    "initials": words.format_initials,
    "isolated": foreign_texts.isolate_text,
    "titled": foreign_texts.describe_title,
    "toned": colors.tone_color,
}
_GLOBALS: dict[str, Any] = {
    "add_sub_path": add_sub_path,
    "asset": assets.build_url,
    "ago": words.format_ago,
    "is_path": plain_text.is_path,
    "days_ago": words.format_days_ago,
    "drawing": drawing,
    "vocabulary": vocabulary,
}

_MOST_RESULTS = 4096  # of a macro: up to some 2 MB


def render_page(
    template: str,
    *contexts: Struct,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return the page that `template` makes of the fields of `contexts` and of `now`.

    The last one counts of two fields of one name; `local` says how the reader writes.
    """
    names = {"now": clock.read_time(), **_read_fields(contexts)}
    return HTMLResponse(_render(template, names), status, headers)


def render_part(template: str, *contexts: Struct) -> Markup:
    """Return a part of a page, to be put into it as it is: it can be kept for all whose `contexts` are equal."""
    return _render(template, _read_fields(contexts))


def _render(template: str, names: dict[str, Any]) -> Markup:
    local: LocalFormat = names.setdefault("local", LocalFormat())
    environment = _read_templates(live_files.read_files_edition(), get_sub_path())
    with locales.write_for(local):
        html = environment.get_template(template).render(names)
        return Markup(plain_text.replace_controls(html))  # noqa: S704 (autoescaped)


def _read_fields(contexts: "Iterable[Struct]") -> dict[str, Any]:
    """Return the fields themselves by name, where `asdict` would copy all that is in them."""
    return {name: getattr(context, name) for context in contexts for name in context.__struct_fields__}


@lru_cache(maxsize=1)
def _read_templates(_edition: int, sub_path: str) -> HtmlEnvironment:
    """Return the templates as they are in that edition of the files, with what is the same on all pages."""
    environment = HtmlEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[IsolatedTexts, *([OwnAddresses] if sub_path else [])],
    )
    environment.filters.update(_FILTERS)
    own: dict[str, Any] = {"keep_lines": kept_lines.make_keeper()}
    environment.globals.update(_GLOBALS | own)
    # Templates need not import them.
    environment.globals["keys"] = cache(lambda: render_part("shared/_keyboard.html"))
    environment.globals["icons"] = _keep_results(environment.get_template("shared/_icons.html").module)
    values = environment.get_template("shared/_values.html").module
    # Due dates and times are written for the reader, the latter on each line: a macro takes twice as long.
    environment.globals["values"] = _keep_results(values, but=("due",), when=words.write_when)
    return environment


def _keep_results(macros: TemplateModule, but: Collection[str] = (), **others: Callable[..., str]) -> Any:  # noqa: ANN401 (it has them by their names)
    """Return what has the same macros and `others`, but keeps what each macro makes of the same arguments."""
    by_name = {name: one for name, one in vars(macros).items() if callable(one)}
    return SimpleNamespace(
        **{name: one if name in but else lru_cache(_MOST_RESULTS)(one) for name, one in by_name.items()}, **others
    )
