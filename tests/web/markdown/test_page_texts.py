"""The texts of a page take a limited amount of work, whatever they are, and what was rendered once is kept."""

import time
from typing import Any

import pytest

from shareable_backlog.web.markdown import page_texts
from shareable_backlog.web.markdown.markdown import render_markdown
from shareable_backlog.web.markdown.page_texts import KeptTexts, PageTexts
from shareable_backlog.web.sub_path import serve_below
from tests.web.markdown.test_markdown_safety import HOSTILE

LINEAR = "https://linear.app/acme/issue/ENG-1"
GIVEN: dict[str, Any] = {"url": LINEAR, "images": {}, "titles": {"ENG-7": "Photos"}}
WRITTEN = "The roof leaks when it **rains**, see ENG-7 and [the plan](https://example.com/plan).\n\n- one\n- two\n\n"
REST = "Read the rest in Linear"


def render_all(*texts: str) -> list[str]:
    page = PageTexts(**GIVEN)
    return [str(page.render(text)) for text in texts]


def test_what_people_write_is_rendered_as_if_it_stood_alone() -> None:
    texts = [f"{number} {WRITTEN * 8}" for number in range(300)]
    assert render_all(*texts) == [str(render_markdown(text, **GIVEN)) for text in texts]


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_page_of_hostile_texts_is_shown_within_a_second_and_a_few_megabytes(text: str) -> None:
    texts = [f"{number} {text}" for number in range(60)]
    started = time.thread_time()
    shown = render_all(*texts)
    assert time.thread_time() - started < 2  # 0.5 s on an idle machine
    assert sum(map(len, shown)) < 4_000_000


def test_beyond_its_work_a_page_shows_the_beginning_of_a_text_as_it_was_written_and_where_the_rest_is() -> None:
    shown = render_all(*[f"{number} <b>\n" + "*_" * 50_000 for number in range(60)])
    assert "<em>" in shown[0]
    assert shown[-1].startswith("<p>59 &lt;b&gt;<br>*_*_")
    assert shown[-1].endswith(f'<a href="{LINEAR}" rel="noopener noreferrer nofollow">{REST}</a></p>')
    assert len(shown[-1]) < 2000


def test_what_is_short_is_shown_whole_beyond_it_too() -> None:
    slow = "*_" * 35_000
    *_, short = render_all(slow, slow, slow, f"*{'I agree. ' * 50}!*")
    assert "<em>I agree." in short
    *_, marks = render_all(slow, f"{slow}*", f"{slow}**", *["*_" * 490] * 90)
    assert REST not in marks
    assert marks.startswith("<p>*_*_")


def test_a_text_alone_on_its_page_is_rendered_however_slow_it_is() -> None:
    [shown] = render_all("*_" * 50_000)
    assert "<em>" in shown


def count_renderings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rendered: list[str] = []

    def render(text: str, **given: Any) -> object:
        rendered.append(text)
        return render_markdown(text, **given)

    monkeypatch.setattr(page_texts, "render_markdown", render)
    return rendered


def test_the_same_text_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = count_renderings(monkeypatch)
    first, again = (render_all(WRITTEN, "Another") for _ in range(2))
    assert first == again
    assert rendered == [WRITTEN, "Another"]


@pytest.mark.parametrize(
    "other",
    [{"titles": {"ENG-7": "Secret"}}, {"titles": {}}, {"images": {"https://example.com/i": "/i"}}, {"url": None}],
)
def test_a_text_with_other_links_is_another_one(monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]) -> None:
    rendered = count_renderings(monkeypatch)
    PageTexts(**GIVEN).render("See ENG-7")
    shown = PageTexts(**GIVEN | other).render("See ENG-7")
    assert len(rendered) == 2
    assert shown == render_markdown("See ENG-7", **GIVEN | other)


def test_a_text_below_another_path_is_another_one() -> None:
    for below in ("", "/backlog", "/plans", ""):
        with serve_below(below):
            assert f'<a href="{below}/items/ENG-7"' in PageTexts(**GIVEN).render("See ENG-7")


def test_no_more_is_kept_than_there_is_room_for_and_what_is_asked_for_stays() -> None:
    kept = KeptTexts(10_000)
    for number in range(100):
        kept.add(b"%d" % number, render_markdown(f"{number} {'word ' * 100}", **GIVEN))
        assert kept.bytes <= 10_000
        assert kept.find(b"0")
    assert kept.find(b"50") is None
    assert kept.find(b"99")
    kept.add(b"too large", render_markdown("word " * 10_000, **GIVEN))
    assert kept.find(b"too large") is None
    assert kept.bytes == 0


def test_a_text_with_halves_of_surrogate_pairs_is_shown() -> None:
    assert render_all("a\ud800b") == ["<p>a?b</p>\n"]
