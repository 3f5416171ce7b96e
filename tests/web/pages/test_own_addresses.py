"""Templates write addresses as at the host's root, in the attributes that are led below the path of BASE_URL."""

import re
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.own_addresses import ATTRIBUTES, OwnAddresses
from shareable_backlog.web.sub_path import add_sub_path, serve_below

PACKAGE = Path(rendering.__file__).parents[2]
FOLDER = PACKAGE / "templates"
TEMPLATES = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.html")}
SCRIPTS = sorted((PACKAGE / "static").glob("*.js"))
MODULES = {path.name: path.read_text(encoding="utf-8") for path in (PACKAGE / "web").rglob("*.py")}
NAMES = "|".join(ATTRIBUTES)
# Fields of forms hold paths as the program knows them.
INTERNAL = ("d", "value")
_OTHER = rf"(?<![\w-])(?!(?:{'|'.join((*ATTRIBUTES, *INTERNAL))})=)[\w:-]+="
RULES = {
    "web/pages/own_addresses.py doesn't know this attribute: add it there, or write `{{ add_sub_path('/…') }}`.": (
        re.compile(rf"""{_OTHER}["'](?:[^"'{{}}]*(?:url=|url\(|,\s*))?/\w""")
    ),
    "Write the address in double quotes.": re.compile(rf"(?<![\w-])(?:{NAMES})=[^\"\s]"),
    "Begin the address with a text or a `{{ … }}`, and choose within that.": re.compile(
        rf'(?<![\w-])(?:{NAMES})="{{%'
    ),
    "What a page shows of an address is `{{ add_sub_path('/…') }}`.": re.compile(r"[>\s](?<!/ )/(?:api|webhooks)/\w"),
}


def render(template: str, below: str = "/backlog", **values: object) -> str:
    with serve_below(below):
        environment = Environment(
            loader=DictLoader({"page": template}), autoescape=True, extensions=[OwnAddresses] if below else []
        )
        return environment.get_template("page").render(values, add_sub_path=add_sub_path)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_an_address_is_led_below_the_path(attribute: str) -> None:
    assert render(f'<a {attribute}="/admin/{{{{ id }}}}">', id=3) == f'<a {attribute}="/backlog/admin/3">'
    assert render(f'<a {attribute}="{{{{ url }}}}">', url="/?a=1&b=2") == f'<a {attribute}="/backlog/?a=1&amp;b=2">'


@pytest.mark.parametrize(
    "value", ["", "#main", "?all", "//example.com", "https://example.com/", "mailto:a@example.com"]
)
def test_any_other_address_stays_as_it_is(value: str) -> None:
    assert render(f'<a href="{value}">') == render('<a href="{{ url }}">', url=value) == f'<a href="{value}">'


@pytest.mark.parametrize(
    "expression", ["a if is_a else b", "{'a': a, 'b': {'c': b}}['a']", "(a ~ '}}') | replace('}}', '')", "- a -"]
)
def test_an_expression_may_be_any(expression: str) -> None:
    template = f'<a href="{{{{{expression}}}}}">' if expression == "- a -" else f'<a href="{{{{ {expression} }}}}">'
    assert render(template, a="/a", b="/b", is_a=True) == '<a href="/backlog/a">'


def test_each_attribute_of_a_tag_counts_and_others_do_not() -> None:
    page = '<a title="/a" data-href="/b" href="{{ x }}" value="{{ x }}" src="/c">{{ x }} /d</a><a href="{{ x }}">'
    led = '<a title="/a" data-href="/b" href="/backlog/x" value="/x" src="/backlog/c">/x /d</a><a href="/backlog/x">'
    assert render(page, x="/x") == led


def test_at_the_root_of_the_host_nothing_changes() -> None:
    assert render('<a href="/a"><a href="{{ x }}">', "", x="/x") == '<a href="/a"><a href="/x">'


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_address_of_a_template_is_led_below_the_path_of_base_url(name: str) -> None:
    wrong = [
        f"{name}: {TEMPLATES[name][max(found.start() - 40, 0) : found.end() + 20]!r}. {advice}"
        for advice, pattern in RULES.items()
        for found in pattern.finditer(TEMPLATES[name])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        '<video data-video="/x">',
        '<meta http-equiv="refresh" content="5; url=/x">',
        '<img srcset="/x 1x">',
        '<img srcset="x 1x, /y 2x">',
        "<a href='/x'>",
        "<a href=/x>",
        '<a href="{% if a %}/x{% else %}/y{% endif %}">',
        "<p>Ask /api/v1/items for it.</p>",
    ],
)
def test_the_rule_finds_what_would_not_be_led_there(text: str) -> None:
    assert any(pattern.search(text) for pattern in RULES.values())


def test_no_script_names_a_path() -> None:
    found = {path.name: re.findall(r"""["'`]/\w[^"'`]*""", path.read_text()) for path in SCRIPTS}
    assert not any(found.values()), f"{found}: a script has its addresses from a link, a form or `root`."


def test_no_module_writes_an_attribute_with_a_path_of_ours() -> None:
    found = {name: re.findall(rf'(?:{NAMES})="/\w+', text) for name, text in MODULES.items()}
    assert not any(found.values()), f"{found}: write `add_sub_path(…)` around it."
