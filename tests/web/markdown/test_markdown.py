"""How Linear's markdown reads on a page."""

import pytest

from shareable_backlog.web.markdown.markdown import render_markdown

ATTRIBUTES = ' rel="noopener noreferrer nofollow"'


IN_LINEAR = "https://uploads.linear.app/org/1"
HERE = "/items/ENG-1/images/abc"
TITLES = {"ENG-7": 'Tea & <b>"cake"</b>'}


def html(text: str, url: str | None = None) -> str:
    return str(render_markdown(text, url=url, images={IN_LINEAR: HERE}, titles=TITLES)).strip()


def test_paragraphs_and_emphasis() -> None:
    assert html("one *two* **three** ~~four~~ `five`") == (
        "<p>one <em>two</em> <strong>three</strong> <del>four</del> <code>five</code></p>"
    )


def test_a_line_break_is_one() -> None:
    assert html("one\ntwo") == "<p>one<br>\ntwo</p>"
    assert html("- one\n  two") == "<ul>\n<li>one<br>\ntwo</li>\n</ul>"
    assert html("`one\ntwo`") == "<p><code>one two</code></p>"


@pytest.mark.parametrize("address", ["https://example.com/trip/", "http://example.com?a=b", "www.example.com/trip"])
def test_a_backslash_after_an_address_breaks_the_line_and_is_no_part_of_it(address: str) -> None:
    shown = html(f"See {address}\\\nand more")
    assert "%5C" not in shown
    assert f">{address}</a><br>\nand more" in shown
    assert f">{address}</a>\\</p>" in html(f"See {address}\\"), "at the end it is itself"


def test_a_backslash_within_an_address_belongs_to_it() -> None:
    assert 'href="https://example.com/a%5Cb"' in html("https://example.com/a\\b")


def test_nothing_gives_nothing() -> None:
    assert html("") == ""


def test_a_link_opens_without_telling_where_it_was() -> None:
    assert html("[a](https://example.com/b)") == f'<p><a href="https://example.com/b"{ATTRIBUTES}>a</a></p>'


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("<https://example.com/a>", "https://example.com/a"),
        ("[a](<https://example.com/a b>)", "https://example.com/a%20b"),
        ("<alice@example.com>", "mailto:alice@example.com"),
        ("[a](HTTP://example.com)", "HTTP://example.com"),
        ("[a](https://example.com/?a=1&b=2)", "https://example.com/?a=1&amp;b=2"),
    ],
)
def test_every_way_to_write_an_address_gives_a_link(text: str, address: str) -> None:
    assert f'<a href="{address}"{ATTRIBUTES}>' in html(text)


def test_a_link_without_words_shows_its_address() -> None:
    assert html("[](https://example.com/a)") == (
        f'<p><a href="https://example.com/a"{ATTRIBUTES}>https://example.com/a</a></p>'
    )


@pytest.mark.parametrize("address", ["/team/x", "x.md", "#part", "//example.com/x", "https:x"])
def test_an_address_that_leads_nowhere_from_here_leaves_its_words(address: str) -> None:
    assert html(f"[words]({address})") == "<p>words</p>"


def test_an_image_becomes_a_link_with_its_words() -> None:
    assert html("![a plan](https://uploads.example.com/1.png)") == (
        f'<p><a href="https://uploads.example.com/1.png"{ATTRIBUTES}>a plan</a></p>'
    )


def test_an_image_without_words_is_called_image() -> None:
    assert html("![](https://example.com/1.png)") == (
        f'<p><a href="https://example.com/1.png"{ATTRIBUTES}>image</a></p>'
    )


def test_an_image_in_a_link_leaves_its_words_in_the_link() -> None:
    assert html("[![build](https://example.com/1.svg) now](https://example.com/ci)") == (
        f'<p><a href="https://example.com/ci"{ATTRIBUTES}>build now</a></p>'
    )


@pytest.mark.parametrize("address", [IN_LINEAR, f"{IN_LINEAR}?signature=a&b=c", f'{IN_LINEAR} "a > title"'])
def test_an_image_that_is_here_is_shown_from_here(address: str) -> None:
    assert html(f"![a plan]({address})") == f'<p><img loading="lazy" src="{HERE}" alt="a plan"></p>'


def test_an_image_that_is_here_is_shown_in_a_link_too() -> None:
    assert html(f"[![]({IN_LINEAR}) now](https://example.com/ci)") == (
        f'<p><a href="https://example.com/ci"{ATTRIBUTES}><img loading="lazy" src="{HERE}" alt="image"> now</a></p>'
    )


def test_words_of_an_image_stay_words() -> None:
    assert html(f'![☑ "x" onerror=1 <b> &amp;lt;]({IN_LINEAR})') == (
        f'<p><img loading="lazy" src="{HERE}" alt="[x] &quot;x&quot; onerror=1 &lt;b&gt; &amp;lt;"></p>'
    )


def test_an_image_of_the_same_host_that_is_not_here_is_a_link() -> None:
    assert html(f"![a]({IN_LINEAR}/x)") == f'<p><a href="{IN_LINEAR}/x"{ATTRIBUTES}>a</a></p>'


def test_a_link_to_a_file_in_linear_says_where_it_leads() -> None:
    assert html(f"[notes.pdf]({IN_LINEAR})") == f'<p><a href="{IN_LINEAR}"{ATTRIBUTES}>notes.pdf</a> (in Linear)</p>'


def test_raw_html_is_shown_as_it_was_written() -> None:
    assert html('Press <kbd>x</kbd> <!-- c --> <img src=x onerror="alert(1)">') == (
        '<p>Press &lt;kbd&gt;x&lt;/kbd&gt; &lt;!-- c --&gt; &lt;img src=x onerror="alert(1)"&gt;</p>'
    )


def test_raw_html_in_code_is_shown_as_it_was_written() -> None:
    assert html("`<b>` \\<i>") == "<p><code>&lt;b&gt;</code> &lt;i&gt;</p>"
    assert html("```html\n<script>\n```") == '<pre tabindex="0"><code>&lt;script&gt;\n</code></pre>'


def test_a_lower_than_sign_stays_one() -> None:
    assert html("1 < 2 <3") == "<p>1 &lt; 2 &lt;3</p>"


def test_headings_begin_below_those_of_the_page() -> None:
    assert html("# A\n## B\n### C") == "<h3>A</h3>\n<h4>B</h4>\n<h5>C</h5>"


def test_headings_skip_no_level() -> None:
    assert html("### A\n###### B\n# C") == "<h3>A</h3>\n<h4>B</h4>\n<h3>C</h3>"


def test_headings_end_at_six() -> None:
    assert html("# A\n## B\n### C\n#### D\n##### E").endswith("<h6>D</h6>\n<h6>E</h6>")


def test_a_table_scrolls_and_can_be_reached_by_keyboard() -> None:
    shown = html("|a|b|\n|-|-:|\n|1|2|")
    assert shown.startswith('<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>')
    assert shown.endswith("</table></div>")
    assert '<td align="right">2</td>' in shown


@pytest.mark.parametrize(
    ("box", "sign"),
    [
        ("[x]", '<span role="img" aria-label="done">☑</span>'),
        ("[ ]", '<span role="img" aria-label="to do">☐</span>'),
    ],
)
def test_a_task_has_a_sign_with_words(box: str, sign: str) -> None:
    assert html(f"- {box} task") == f"<ul>\n<li>{sign} task</li>\n</ul>"
    assert f"<p>{sign} task</p>" in html(f"- {box} task\n\n  more")


def test_a_numbered_list_keeps_its_first_number() -> None:
    assert html("3. a\n4. b") == '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'


def test_a_section_folds() -> None:
    assert html("+++ How to *see* it\nwords\n+++\nafter") == (
        "<details><summary>How to <em>see</em> it</summary>\n<p>words</p>\n</details>\n<p>after</p>"
    )


def test_sections_may_lie_in_sections() -> None:
    shown = html("+++ A\n+++ B\nwords\n+++\n+++\nafter")
    assert shown.replace("\n", "") == (
        "<details><summary>A</summary><details><summary>B</summary><p>words</p></details></details><p>after</p>"
    )


def test_a_section_that_is_not_closed_goes_to_the_end() -> None:
    assert html("+++ A\nwords") == "<details><summary>A</summary>\n<p>words</p>\n</details>"


def test_plus_signs_elsewhere_stay_themselves() -> None:
    assert html("+++") == "<p>+++</p>"
    assert html("a +++ b") == "<p>a +++ b</p>"
    assert html("~~~\n+++ A\n+++\n~~~") == '<pre tabindex="0"><code>+++ A\n+++\n</code></pre>'
    assert html("````\n```\n+++ A\n````\n+++ B").endswith(
        "<code>```\n+++ A\n</code></pre>\n<details><summary>B</summary>\n</details>"
    )


def test_a_long_text_is_cut_at_a_line_and_says_so() -> None:
    shown = html("a line of words\n" * 10_000)
    assert len(shown.replace("<br>", "")) < 100_200
    assert "words</p>\n<p><em>This is only the beginning of the text.</em></p>" in shown


def test_a_long_text_links_to_the_rest() -> None:
    shown = html("x" * 100_001, url='https://linear.example/a?"&b')
    assert '<a href="https://linear.example/a?&#34;&amp;b" rel=' in shown
    assert shown.endswith("Read the rest in Linear</a></p>")


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "http://example.com"])
def test_a_long_text_links_to_nothing_but_https(url: str | None) -> None:
    assert "<a " not in html("x" * 100_001, url=url)


def test_a_text_as_long_as_allowed_is_whole() -> None:
    assert html("x" * 100_000) == f"<p>{'x' * 100_000}</p>"


def test_what_is_nested_too_deeply_is_shown_as_it_was_written() -> None:
    assert html("> " * 200 + "<b>") == f'<pre tabindex="0"><code>{"&gt; " * 200}&lt;b&gt;</code></pre>'
