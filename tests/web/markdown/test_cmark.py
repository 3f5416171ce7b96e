"""What the binding to cmark must do beyond cmarkgfm's own."""

import resource

import pytest

from shareable_backlog.web.markdown import cmark

TEXT = "a *word* and [a link](https://example.com)\n" * 2000
MOST_GROWTH_KIB = 20_000  # not giving the memory back would take ten times that


@pytest.mark.slow
def test_rendering_gives_its_memory_back() -> None:
    cmark.render_html(TEXT)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(50):
        cmark.render_html(TEXT)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KIB


def test_github_s_extensions_are_on() -> None:
    assert "<table>" in cmark.render_html("|a|\n|-|\n|b|")
    assert "<del>" in cmark.render_html("~~a~~")
    assert 'type="checkbox"' in cmark.render_html("- [x] a")
    assert '<a href="http://www.example.com">' in cmark.render_html("www.example.com")


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert cmark.render_html("a\ud800b") == "<p>a?b</p>\n"
