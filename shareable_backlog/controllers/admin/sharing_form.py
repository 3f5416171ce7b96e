"""Read what an admin chose in lists of teams, projects and labels."""

from typing import Annotated, TypeAlias

from msgspec import Struct

from shareable_backlog.services.access.sharing import KINDS, SharingChoice
from shareable_backlog.web.fields import Codec, SearchText


def _read_choice(text: str) -> SharingChoice:
    """Read "1 team ID" as a team that is shown, "0 team ID" as one that is not."""
    is_shown, _, rest = text.partition(" ")
    named, _, id_ = rest.partition(" ")
    for kind in KINDS:
        if kind == named and is_shown in {"0", "1"} and id_:
            return SharingChoice(kind, id_, is_shown == "1")
    raise ValueError(text)


def _write_choice(choice: SharingChoice) -> str:
    return f"{int(choice.is_shown)} {choice.kind} {choice.id}"


ChoiceText: TypeAlias = Annotated[SharingChoice, Codec(_read_choice, _write_choice)]


class EntitiesQuery(Struct, frozen=True):
    """What the lists are searched for."""

    q: SearchText = ""


class TogglesForm(Struct, frozen=True):
    """The lists as they were on the page, and the switches that are on now, each as "team ID"."""

    was: tuple[ChoiceText, ...] = ()
    on: tuple[str, ...] = ()


def parse_changes(form: TogglesForm) -> list[SharingChoice]:
    """Return the switches that are not as they were: what was not on the page, or not touched, is no choice."""
    on = set(form.on)
    return [
        SharingChoice(one.kind, one.id, not one.is_shown)
        for one in form.was
        if (f"{one.kind} {one.id}" in on) != one.is_shown
    ]
