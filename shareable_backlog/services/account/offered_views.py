"""Offer published views only to whom they name nothing that is hidden from them."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from msgspec import Struct, field

from shareable_backlog.database.access.sharing import Scope, SharingChoice
from shareable_backlog.database.account.published_views import OfferedView, PublishedView
from shareable_backlog.database.backlog import known_names
from shareable_backlog.database.backlog.known_names import KnownName, NameKind
from shareable_backlog.errors import InvalidInput
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.backlog import filters
from shareable_backlog.vocabulary import FilterName

_KINDS: Final[Mapping[FilterName, NameKind]] = {
    "team": "team",
    "project": "project",
    "milestone": "milestone",
    "state": "state",
    "label": "label",
    "cycle": "cycle",
    "release": "release",
    "assignee": "person",
    "creator": "person",
}
# Of states there are few names, and most are words of any text.
_KINDS_IN_TEXT: Final[tuple[NameKind, ...]] = ("team", "project", "milestone", "label", "release", "person", "cycle")
_MOST_WORDS = 8
_BARE_WORD, _WORD = re.compile(r"\w+"), re.compile(r"\S+")


class _Kept(Struct):
    """What was found out while the mirror and what is shared were of this version."""

    version: str = ""
    found: dict[tuple[Scope, tuple[OfferedView, ...]], frozenset[int | None]] = field(default_factory=dict)


_KEPT = ProcessState(_Kept)


async def select_offered(scope: Scope, published: Sequence[OfferedView], version: str) -> list[OfferedView]:
    """Return the published views that `scope` may be told of; what is found out is kept as long as `version` is."""
    if scope.is_nothing or not published:
        return []
    kept, key = _KEPT.value, (scope, tuple(published))
    if kept.version != version:
        kept = _KEPT.value = _Kept(version)
    if key not in kept.found:
        kept.found[key] = frozenset(await list_hidden_names(scope, published))
    return [view for view in published if view.id not in kept.found[key]]


async def list_hidden_names(
    scope: Scope,
    published: Sequence[OfferedView | PublishedView],
    choices: Sequence[SharingChoice] = (),
    *,
    shows_assignees: bool | None = None,
) -> dict[int | None, list[str]]:
    """Return, by its id, which names each view tells that are hidden from `scope`; views without one are left out.

    `choices` and `shows_assignees` are tried as if they were saved.
    """
    texts = {view.id: _read_names(view.name, view.query) for view in published}
    words = {word for named, phrases in texts.values() for word in (*(name for _, name in named), *phrases)}
    if not words:
        return {}
    found = await known_names.list_known_names(scope, sorted(words), choices, shows_assignees=shows_assignees)
    known: dict[tuple[NameKind, str], KnownName] = {(one.kind, one.name): one for one in found}
    hidden = {id_: _list_hidden(named, phrases, known) for id_, (named, phrases) in texts.items()}
    return {id_: names for id_, names in hidden.items() if names}


def _list_hidden(
    named: frozenset[tuple[NameKind, str]],
    phrases: frozenset[str],
    known: Mapping[tuple[NameKind, str], KnownName],
) -> list[str]:
    """Return the hidden ones of a view's names, and of the phrases in its texts that are names."""
    in_text = [known[kind, phrase] for phrase in phrases for kind in _KINDS_IN_TEXT if (kind, phrase) in known]
    shown = {one.name for one in in_text if one.is_shown}
    # "Apollo II" is not the hidden "Apollo".
    hidden = [one for one in in_text if not any(f" {one.name} " in f" {longer} " for longer in shown)]
    hidden += [known[name] for name in named if name in known and not known[name].is_shown]
    return sorted({one.written for one in hidden})


@lru_cache(1000)
def _read_names(name: str, query: str) -> tuple[frozenset[tuple[NameKind, str]], frozenset[str]]:
    """Return what a view's filters name, and all phrases of its other texts, in small letters."""
    pairs = parse_qsl(query)
    try:
        conditions = filters.parse_filters(pairs).conditions
    except InvalidInput:
        # What can't be read any more is read as text.
        return frozenset(), frozenset(
            phrase for text in (name, *(value for _, value in pairs)) for phrase in _split(text)
        )
    named: set[tuple[NameKind, str]] = {
        (_KINDS[one.field], value.lower()) for one in conditions if one.field in _KINDS for value in one.values
    }
    texts = (name, *(value for field_name, value in pairs if field_name == "q"))
    return frozenset(named), frozenset(phrase for text in texts for phrase in _split(text))


def _split(text: str) -> set[str]:
    """Return each run of up to eight words, once as words alone and once with what stands around them."""
    text = text.lower()
    return {
        text[first.start() : last.end()]
        for word in (_BARE_WORD, _WORD)
        for words in [list(word.finditer(text))]
        for at, first in enumerate(words)
        for last in words[at : at + _MOST_WORDS]
        if last.end() - first.start() > 1
    }
