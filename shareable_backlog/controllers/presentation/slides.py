"""Divide what a page shows into slides, and show one of them with the ways to the others and back."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeAlias, TypeVar

from markupsafe import Markup
from msgspec import Meta, Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth

T = TypeVar("T")

SlideNumber: TypeAlias = Annotated[int, Meta(ge=1, le=10_000)]
"""Which slide an address asks for; beyond the last one it is the last one."""

ROOM, ITEM_ROOM = 29, 4
"""How much a slide holds, and how much of it an item takes."""
_HEADING_ROOM = 3
_FEWEST_LINES = 2


class Section(Struct, Generic[T], frozen=True, kw_only=True):
    """Lines under a heading, or under none; `note` says how many there are, `is_continued` that it began before."""

    heading: str | Markup = ""
    note: str = ""
    lines: Sequence[T] = ()
    is_continued: bool = False


class Deck(Struct, frozen=True, kw_only=True):
    """Slide `number` of `count`, or of more than these if there `has_more`; `note` stands at the top of it.

    The last one of `count` is followed by none: whoever makes a deck looks one further, up to a limit.
    """

    body: Markup
    number: int
    count: int
    has_more: bool = False
    note: str | Markup = ""


class SlideContext(Struct, frozen=True, kw_only=True):
    """The page of one slide: what is shown, and the addresses of its neighbours and of where it came from."""

    heading: str
    deck: Deck
    back_url: str
    first_url: str
    previous_url: str | None
    next_url: str | None
    last_url: str


def pack_sections(sections: Sequence[Section[T]], line_room: int = ITEM_ROOM) -> list[list[Section[T]]]:
    """Return the sections that each slide holds; one that goes on on the next slide has its heading there too.

    `line_room` is how much of a slide's `ROOM` a line takes. No heading stands far from its lines.
    """
    slides: list[list[Section[T]]] = [[]]
    left = ROOM
    for section in sections:
        rest, is_continued = list(section.lines), False
        while rest or not is_continued:
            room = left - (_HEADING_ROOM if section.heading else 0)
            if slides[-1] and room < min(len(rest), _FEWEST_LINES) * line_room:
                slides.append([])
                left = ROOM
                continue
            lines, rest = rest[: room // line_room], rest[room // line_room :]
            slides[-1].append(replace(section, lines=lines, is_continued=is_continued))
            left, is_continued = room - len(lines) * line_room, True
    return [one for one in slides if one]


def choose_slide(slides: Sequence[T], number: int) -> tuple[T, int]:
    """Return the slide of that number, from 1, or the last one of fewer, and its number."""
    found = min(number, len(slides))
    return slides[found - 1], found


def show_deck(
    request: Request,
    deck: Deck,
    heading: str,
    build_url: Callable[[int], str],
    back_url: str,
    *,
    before_url: str | None = None,
    after_url: str | None = None,
) -> Response:
    """Return the page of a slide; `build_url` makes the address of the slide of a number.

    `before_url` is what comes before the first one, `after_url` what follows the last one, None for nothing.
    """
    context = SlideContext(
        heading=heading,
        deck=deck,
        back_url=back_url,
        first_url=build_url(1),
        previous_url=build_url(deck.number - 1) if deck.number > 1 else before_url,
        next_url=build_url(deck.number + 1) if deck.number < deck.count else after_url,
        last_url=build_url(deck.count),
    )
    return auth.render_page(request, "presentation/slide.html", context)
