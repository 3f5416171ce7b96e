"""Read what is called how in the mirror, as far as views made in Linear name it, and whom our filters find by it."""

from collections.abc import Collection
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct, field

from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query

ViewNameKind: TypeAlias = Literal["team", "state", "person", "label", "project", "milestone", "cycle"]
_SHARED_ROLES = frozenset({"group", "current"})
"""By what our filters find a label for its group's name, and a cycle while it is the current one."""


class NameRow(Struct, frozen=True, kw_only=True):
    """One way in which something is called: `role` says which field of Linear holds `text`.

    `folded` is the text in PostgreSQL's small letters. Our filters find it by that if it `is_word`.
    """

    kind: ViewNameKind
    id: str
    role: str
    text: str
    folded: str
    team_id: str | None = None
    is_word: bool = True


class ViewNames(Struct, frozen=True, kw_only=True):
    """What views name, with all namesakes, and what of the rest is shown to everybody who sees everything.

    `shows_estimates` only when every team has some: of a team without, our filter says that none has an estimate.
    """

    rows: tuple[NameRow, ...] = ()
    shows_people: bool = True
    shows_estimates: bool = True
    offers_all_labels: bool = True
    _found: dict[tuple[ViewNameKind, str], set[str]] = field(default_factory=dict[tuple[ViewNameKind, str], set[str]])

    def __post_init__(self) -> None:
        """Note what our filters find by which word."""
        for row in self.rows:
            if row.is_word:
                self._found.setdefault((row.kind, row.folded), set()).add(row.id)

    def find_ids(self, kind: ViewNameKind, role: str, text: object, *, ignores_case: bool) -> frozenset[str]:
        """Return the ids of what has `text` there, or that id."""
        if not isinstance(text, str):
            return frozenset()
        if role == "id":
            return frozenset(row.id for row in self.rows if row.kind == kind and row.id == text)
        named = (row for row in self.rows if row.kind == kind and row.role == role)
        return frozenset(
            row.id for row in named if (row.folded == text.lower() if ignores_case else row.text == text)
        )

    def list_words(self, kind: ViewNameKind, id_: str) -> list[str]:
        """Return the words by which our filters may find it alone."""
        own = (row for row in self.rows if (row.kind, row.id) == (kind, id_) and row.is_word)
        return [row.text for row in own if row.role not in _SHARED_ROLES]

    def find_by_word(self, kind: ViewNameKind, word: str) -> frozenset[str]:
        """Return the ids of all that our filters find by a word."""
        return frozenset(self._found.get((kind, word.lower()), ()))

    def find_team_ids(self, kind: ViewNameKind) -> dict[str, str | None]:
        """Return the team of each of this kind, by its id."""
        return {row.id: row.team_id for row in self.rows if row.kind == kind}


# As `database/backlog/selection/item_filters.py` looks words up, but for what is gone: no item has it for long.
_NAMES: LiteralString = """
    SELECT 'team' AS kind, id, 'key' AS role, key AS text, id AS team_id, true AS is_word
    FROM teams WHERE removed_at IS NULL
    UNION ALL SELECT 'team', id, 'name', name, id, false FROM teams WHERE removed_at IS NULL
    UNION ALL SELECT 'state', id, 'name', name, team_id, true FROM workflow_states WHERE removed_at IS NULL
    UNION ALL SELECT 'person', id, 'name', name, NULL, true FROM people
    UNION ALL SELECT 'person', id, 'displayName', display_name, NULL, true FROM people
    UNION ALL SELECT 'label', id, 'name', name, NULL, true
    FROM labels WHERE removed_at IS NULL AND is_offered AND NOT is_group
    UNION ALL SELECT 'label', e.id, 'group', g.name, NULL, true FROM labels e JOIN labels g ON g.id = e.parent_id
    WHERE e.removed_at IS NULL AND e.is_offered AND NOT e.is_group
    UNION ALL SELECT 'project', id, 'name', name, NULL, true FROM projects WHERE removed_at IS NULL
    UNION ALL SELECT 'milestone', id, 'name', name, NULL, true FROM project_milestones WHERE removed_at IS NULL
    UNION ALL SELECT 'cycle', id, 'number', number::text, team_id, true FROM cycles WHERE removed_at IS NULL
    UNION ALL SELECT 'cycle', id, 'name', name, team_id, true FROM cycles WHERE removed_at IS NULL
    UNION ALL SELECT 'cycle', id, 'current', 'current', team_id, true FROM cycles WHERE removed_at IS NULL
"""


async def read_names(texts: Collection[str]) -> ViewNames:
    """Return whatever has one of `texts` for an id or a name, all that is called as it is, and what is shown."""
    rows = await query(
        f"""
        WITH named AS (SELECT n.*, lower(text) AS folded FROM ({_NAMES}) n WHERE text IS NOT NULL),
        meant AS (
          SELECT kind, id FROM named WHERE id = ANY (%(texts)s::text[]) OR folded = ANY (%(folded)s::text[])
        ),
        called AS (SELECT DISTINCT kind, folded FROM named WHERE (kind, id) IN (SELECT kind, id FROM meant))
        SELECT kind, id, role, text, folded, team_id, is_word FROM named
        WHERE (kind, folded) IN (SELECT kind, folded FROM called) ORDER BY kind, role DESC, id
        """,
        {"texts": list(texts), "folded": [text.lower() for text in texts]},
        row=NameRow,
    )
    [(shows_people, shows_estimates, offers_all_labels)] = await query(
        f"""
        SELECT {visibility.ASSIGNEES},
          {visibility.ESTIMATES} AND NOT EXISTS (SELECT FROM teams WHERE issue_estimation_type = 'notUsed'),
          NOT EXISTS (SELECT FROM labels WHERE removed_at IS NULL AND NOT is_group AND is_offered IS NOT TRUE)
        """
    )
    return ViewNames(
        rows=tuple(rows),
        shows_people=shows_people,
        shows_estimates=shows_estimates,
        offers_all_labels=offers_all_labels,
    )
