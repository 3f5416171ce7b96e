"""Read what an admin chose that somebody sees, and whom the list of people is narrowed to by what they see."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Struct

from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.access.sharing import EVERYTHING, NOTHING, Scope, build_scope
from shareable_backlog.web.fields import Codec, Id, read_id

_WORDS = {"everything": EVERYTHING, "nothing": NOTHING}


class ScopeForm(Struct, frozen=True, kw_only=True):
    """The choice: groups count only when they were chosen."""

    sees: Literal["everything", "groups", "nothing"] | None = None
    group: tuple[Id, ...] = ()


def parse_scope(form: ScopeForm) -> Scope | None:
    """Return what was chosen; None when nothing was. Raises InvalidInput for groups of which none was ticked."""
    if form.sees is None:
        return None
    if form.sees != "groups":
        return _WORDS[form.sees]
    if not form.group:
        raise InvalidInput("Tick at least one group, or choose something else. Nothing was changed.")
    return build_scope(form.group)


def _read_scope(text: str) -> Scope:
    """Read "everything", "nothing" or numbers of groups divided by commas. Raise ValueError."""
    return _WORDS.get(text) or build_scope(map(read_id, text.split(",")))


def write_scope(scope: Scope) -> str:
    """Return the text that stands for a scope in an address or a form."""
    words = {one: word for word, one in _WORDS.items()}
    return words.get(scope) or ",".join(map(str, scope.viewer_group_ids or ()))


ScopeText: TypeAlias = Annotated[Scope, Codec(_read_scope, write_scope)]
