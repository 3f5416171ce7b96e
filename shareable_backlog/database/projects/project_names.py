"""Tell which project a name means, to whoever reads it, and by which word an address names one."""

from typing import LiteralString

from msgspec import Struct

from shareable_backlog import plain_text
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query

NAMED: LiteralString = """p.id IN (
  SELECT id FROM projects WHERE lower(name) = lower(%(name)s)
  UNION ALL SELECT id FROM projects WHERE slug_id = %(name)s
  UNION ALL SELECT id FROM projects WHERE id = %(name)s
)"""
"""Tell whether the project `p` can be meant by the parameter `name`: its name in any case, or a word of Linear's."""

_NAMESAKES: LiteralString = """
  SELECT FROM projects o
  WHERE (lower(o.name) = lower(p.name) OR o.slug_id = p.name OR o.id = p.name COLLATE "C") AND o.id <> p.id
"""
MAY_HAVE_NAMESAKE: LiteralString = f"EXISTS ({_NAMESAKES})"
"""Tell whether the name of the project `p` means another one too, shown or not, which most often answers that."""

HAS_NAMESAKE: LiteralString = f"EXISTS ({_NAMESAKES} AND {visibility.render_has_items('o.id')})"
"""Tell whether the name of the project `p` means another one too, of which an item is shown."""


def choose_word(name: str, own_word: str, *, has_namesake: bool) -> str:
    """Return the word by which an address names something: its name, unless that is another's too.

    `own_word` is Linear's for it alone, which also stands for a name that no browser leaves as it is in a path.
    """
    return name if plain_text.is_path(name) and not has_namesake else own_word


async def has_namesake(scope: Scope, project_id: str) -> bool:
    """Return whether the name of a project means another one too, of which an item is shown."""
    return bool(
        await query(
            f"SELECT 1 FROM projects p WHERE p.id = %(project_id)s AND {HAS_NAMESAKE}",
            {**visibility.build_params(scope), "project_id": project_id},
        )
    )


class NamedProject(Struct, frozen=True, kw_only=True):
    """What a project has by which an address names it."""

    id: str
    slug_id: str | None
    name: str
    has_namesake: bool

    @property
    def word(self) -> str:
        """Return the word by which the address of its page names it."""
        return choose_word(self.name, self.slug_id or self.id, has_namesake=self.has_namesake)
