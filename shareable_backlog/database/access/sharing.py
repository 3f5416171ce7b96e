"""Name what sharing is about: with whose eyes the mirror is read, and what can be shown or hidden."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

EntityKind: TypeAlias = Literal["team", "project", "label"]
"""What can be shown or hidden as a whole."""


class Scope(Struct, frozen=True):
    """With whose eyes the mirror is read: what any of these viewer groups sees, in the order of their ids.

    Without a group nothing is seen; `viewer_group_ids` is None, which has to be said, for everything that is shown.
    """

    viewer_group_ids: tuple[int, ...] | None

    @property
    def is_nothing(self) -> bool:
        """Return whether nothing at all is seen."""
        return self.viewer_group_ids == ()

    @property
    def group_ids(self) -> list[int] | None:
        """Return the ids as the parameter of a statement, an array; None for everything."""
        return None if self.viewer_group_ids is None else list(self.viewer_group_ids)


EVERYTHING = Scope(None)
NOTHING = Scope(())


def build_scope(viewer_group_ids: Iterable[int] | None) -> Scope:
    """Return the scope of these groups, in whatever order they come; None for everything."""
    return EVERYTHING if viewer_group_ids is None else Scope(tuple(sorted(set(viewer_group_ids))))


class SharedFields(Struct, frozen=True):
    """What is shown of every item and project; assignees include the creators, updates are those of projects."""

    descriptions: bool
    comments: bool
    assignees: bool
    estimates: bool
    attachments: bool
    updates: bool


class SharingSettings(Struct, frozen=True):
    """The sharing settings but for what is shown as a whole; `version` is another one after each change."""

    version: int
    fields: SharedFields


class Entity(Struct, frozen=True):
    """A team, project or label as an admin chooses it, with its number of items.

    `detail` tells it from others of its name: a team's key, a label's group and team; None when there is nothing.
    `is_shown` is the choice about it alone: a label's group may hide it as well.
    """

    kind: EntityKind
    id: str
    name: str
    detail: str | None
    is_private: bool
    is_shown: bool
    items: int


class SharingChoice(Struct, frozen=True):
    """A team, project or label is to be shown, or to be hidden."""

    kind: EntityKind
    id: str
    is_shown: bool
