"""The code that templates become."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from jinja2 import StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from shareable_backlog.web.pages.template_code import HtmlEnvironment, write_html


class Ampersand(str):
    """A text that is no markup, although it is not quite a `str`."""

    __slots__ = ()


class Bold:
    """What writes itself."""

    def __html__(self) -> str:
        return "<b>&amp;</b>"


@pass_context
def read_name(context: Context) -> str:
    return str(context["name"])


def render(source: str, **names: Any) -> str:
    return HtmlEnvironment(autoescape=True, undefined=StrictUndefined).from_string(source).render(names)


@pytest.mark.parametrize(
    "value",
    ["", "plain", "<", ">", "&", "'", '"', 'a<b title="c">', Ampersand("&"), Markup("<b>"), Bold(), 3, None, 1.5],
)
def test_a_value_is_written_just_as_jinja_would(value: object) -> None:
    assert write_html(value) == escape(value)
    assert render("{{ value }}", value=value) == jinja2.Environment(autoescape=True).from_string(
        "{{ value }}"
    ).render(value=value)


def test_the_code_of_a_template_writes_each_expression_that_way() -> None:
    code = HtmlEnvironment(autoescape=True).compile("{{ a }}{% if b %}{{ c | upper }}{% endif %}", raw=True)
    assert (code.count("environment.write_html("), code.count("escape(")) == (2, 0)


def test_where_nothing_is_to_be_escaped_nothing_is() -> None:
    source = "{{ a }}{% autoescape is_on %}{{ a }}{% endautoescape %}{% autoescape false %}{{ a }}{% endautoescape %}"
    assert render(source, a="<", is_on=False) == "&lt;<<"


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("{{ read_name() }}", "Ada &amp; Co"),
        (
            "{% macro bold(text, end='!') %}<b>{{ text }}{{ end }}</b>{% endmacro %}{{ bold('&', end='?') }}",
            "<b>&amp;?</b>",
        ),
        ("{% macro twice() %}{{ caller() }}{{ caller() }}{% endmacro %}{% call twice() %}&{% endcall %}", "&&"),
        ("{% for one in 'ab' %}{{ loop.cycle('x', 'y') }}{{ make(one) }}{% endfor %}", "xAyB"),
    ],
)
def test_a_template_calls_whatever_it_names(source: str, html: str) -> None:
    make: Callable[[str], str] = str.upper
    assert render(source, read_name=read_name, name="Ada & Co", make=make) == html


def test_a_name_that_is_missing_can_not_be_called() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'a' is undefined"):
        render("{{ a() }}")
    with pytest.raises(jinja2.UndefinedError, match="no attribute 'b'"):
        render("{{ a.b() }}", a=SimpleNamespace())
