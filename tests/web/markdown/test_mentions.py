"""Items and people that a text names."""

import pytest

from shareable_backlog.web.markdown.markdown import render_markdown

TITLES = {"ENG-7": 'Tea & "cake"', "OLD2-10": "☑ Boxes"}
TITLED = '<a href="/items/ENG-7" title="Tea &amp; &#34;cake&#34;">'
NAMED = '<span class="mention">ENG-7</span>'
LINEAR = "https://linear.app/example/issue/ENG-7"


def html(text: str) -> str:
    return str(render_markdown(text, url=None, images={}, titles=TITLES)).strip()


@pytest.mark.parametrize(
    "text", ["ENG-7", "**ENG-7**", "(ENG-7).", "ENG-7: why", "- ENG-7", "# ENG-7", "|ENG-7|\n|-|"]
)
def test_an_item_is_linked_where_it_is_named(text: str) -> None:
    assert f"{TITLED}{NAMED}</a>" in html(text)


@pytest.mark.parametrize(
    "text", ["ENG-8", "eng-7", "ENG-70", "XENG-7", "ENG-7-b", "v/ENG-7", "`ENG-7`", "```\nENG-7\n```", "    ENG-7"]
)
def test_what_is_no_item_or_stands_in_code_is_left_alone(text: str) -> None:
    assert "<a " not in html(text)


def test_several_items_in_one_line_are_all_linked() -> None:
    assert html("ENG-7, OLD2-10 and `ENG-7`, ENG-7").count("<a ") == 3


def test_a_title_stays_what_it_is() -> None:
    assert (
        html("OLD2-10") == '<p><a href="/items/OLD2-10" title="☑ Boxes"><span class="mention">OLD2-10</span></a></p>'
    )


@pytest.mark.parametrize("address", [LINEAR, f"{LINEAR}/tea-and-cake", f"{LINEAR}#comment-1", f"{LINEAR}?a=b"])
def test_a_link_to_an_item_in_linear_leads_to_the_item_here(address: str) -> None:
    assert html(f"[the *tea*]({address})") == f"<p>{TITLED}the <em>tea</em></a></p>"


@pytest.mark.parametrize("text", ["{}", "<{}>", "[{0}]({0})"])
def test_a_pasted_address_of_an_item_becomes_its_title(text: str) -> None:
    assert html(text.format(LINEAR)) == f"<p>{TITLED}{NAMED} Tea &amp; &#34;cake&#34;</a></p>"


@pytest.mark.parametrize(
    "address",
    [
        "https://linear.app/example/issue/ENG-8",
        "https://linear.app/example/issue/ENG-7x",
        "https://linear.app/example/project/ENG-7",
        "https://linear.app.example.com/example/issue/ENG-7",
        "http://linear.app/example/issue/ENG-7",
    ],
)
def test_any_other_link_stays_as_it_is(address: str) -> None:
    assert html(f"[words]({address})").startswith(f'<p><a href="{address}" rel="noopener noreferrer nofollow">words')


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("@alice, look", "alice"),
        ("(@alice.b).", "alice.b"),
        ("**@bob-1**", "bob-1"),
        ("@Zoë!", "Zoë"),
        ("https://linear.app/example/profiles/alice", "alice"),
        ("https://linear.app/example/profiles/Alice%20B", "Alice B"),
    ],
)
def test_a_person_is_marked_by_name(text: str, name: str) -> None:
    assert f'<span class="mention">@{name}</span>' in html(text)


@pytest.mark.parametrize(
    "text", ["alice@example.com", "`@alice`", "@", "@@alice", "npm i @angular/core", "a@b", "/@x"]
)
def test_what_only_looks_like_a_person_is_left_alone(text: str) -> None:
    assert "mention" not in html(text)


def test_a_name_in_an_address_stays_text() -> None:
    shown = html("https://linear.app/example/profiles/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert '<span class="mention">@&lt;script&gt;alert(1)' in shown
