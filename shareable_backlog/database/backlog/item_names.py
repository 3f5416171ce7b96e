"""Name what items refer to: each name is read once for as long as the mirror and what is shared stay the same.

Rows of items come with ids alone, and with the version that the mirror had when they were read. Names come with
theirs, so rows and names of one version are of one moment. Who may see what is no matter here: the statement of the
rows has no id of what it may not name, and of the labels only those that are offered have a name.
"""

from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Literal, LiteralString, TypeAlias, get_args

from msgspec import Struct, field

from shareable_backlog.process_state import ProcessState

NameKind: TypeAlias = Literal["teams", "states", "people", "projects", "milestones", "cycles", "labels"]
Query: TypeAlias = Callable[[LiteralString, Mapping[str, object]], Awaitable[list[tuple[Any, ...]]]]

MOST_KEPT = 20_000
"""With more names than these, all are forgotten."""
_KINDS: tuple[NameKind, ...] = get_args(NameKind)
STATES: LiteralString = """(
  SELECT id, name, type, color, (position > min(position) FILTER (WHERE removed_at IS NULL)
    OVER (PARTITION BY team_id, type)) IS TRUE AS is_advanced FROM workflow_states)"""
"""All states, each with whether its team has another of its type before it."""
IS_ADVANCED: LiteralString = """(s.position > (
    SELECT min(e.position) FROM workflow_states e
    WHERE (e.team_id = s.team_id OR (e.team_id IS NULL AND s.team_id IS NULL))
      AND e.type = s.type AND e.removed_at IS NULL
  )) IS TRUE"""
"""The same of the one state `s`, without a look at those of other teams."""
# In the order of the kinds.
_NAMES: LiteralString = f"""SELECT version::text,
  (SELECT json_object_agg(id, json_build_array(name, issue_estimation_type)) FROM teams
   WHERE id = ANY (%(teams)s::text[])),
  (SELECT json_object_agg(id, json_build_array(name, type, color, is_advanced)) FROM {STATES} s
   WHERE id = ANY (%(states)s::text[])),
  (SELECT json_object_agg(id, name) FROM people WHERE id = ANY (%(people)s::text[])),
  (SELECT json_object_agg(id, name) FROM projects WHERE id = ANY (%(projects)s::text[])),
  (SELECT json_object_agg(id, name) FROM project_milestones WHERE id = ANY (%(milestones)s::text[])),
  (SELECT json_object_agg(id, number) FROM cycles WHERE id = ANY (%(cycles)s::text[])),
  (SELECT json_object_agg(id, json_build_array(place, name, color)) FROM (
    SELECT id, name, color, row_number() OVER (ORDER BY lower(name), id) AS place FROM labels
    WHERE id = ANY (%(labels)s::text[]) AND removed_at IS NULL AND is_offered) l)
FROM mirror_versions"""


class Names(Struct, frozen=True):
    """What things are called while the mirror has this version, by kind and id; None for what has no name.

    A team comes with how it estimates; a state with its type, its color, and whether its team has another of its type
    before it; a label with its place among all that are known, and its color.
    """

    version: str = ""
    of: dict[NameKind, dict[str | None, Any]] = field(default_factory=lambda: {kind: {None: None} for kind in _KINDS})


_KEPT = ProcessState(Names)


async def find_names(version: str, ids: Mapping[NameKind, AbstractSet[str | None]], query: Query) -> Names | None:
    """Return what all these ids stand for, reading by `query` what has not been read yet.

    None when the mirror has another version by now.
    """
    kept = _KEPT.value
    if kept.version != version or sum(map(len, kept.of.values())) > MOST_KEPT:
        kept = _KEPT.value = Names(version)
    of = dict(kept.of)  # others may put labels in another order meanwhile
    unknown = {kind: ids[kind] - of[kind].keys() for kind in _KINDS}
    if any(unknown.values()):
        if unknown["labels"]:
            # Only the database knows their order, so it puts all of them in order.
            unknown["labels"] |= of["labels"].keys() - {None}
        [(found_version, *found)] = await query(_NAMES, {kind: list(some) for kind, some in unknown.items()})
        if found_version != version:
            return None
        if unknown["labels"]:
            of["labels"] = kept.of["labels"] = {None: None}
        for kind, known in zip(_KINDS, found, strict=True):
            of[kind].update({**dict.fromkeys(unknown[kind]), **(known or {})})
    return Names(version, of)
