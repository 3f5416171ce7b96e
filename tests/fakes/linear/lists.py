"""Order, filter and cut a world's rows into pages, by the rules that Linear's lists follow."""

import base64
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from graphql import GraphQLError

from tests.fakes.linear import filters
from tests.fakes.linear.graphql import view_filters
from tests.fakes.linear.refused import RefusedError
from tests.fakes.linear.rows import Row
from tests.fakes.linear.world import World

_LARGEST_PAGE = 250
_EVER = -1


class Lists:
    """Give pages of a world; remembers each list's order for as long as the world stays the same."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._version = -1
        self._ordered: dict[str, list[tuple[str, str]]] = {}
        self._counts: Counter[tuple[str, bool]] | None = None
        self._age = 0
        """How often cursors were forgotten."""
        self._status_of_stale = 400

    def forget_cursors(self, status: int) -> None:
        """Take no cursor any more that was given until now; `status` is that of the answers to them, 400 or 200."""
        self._age += 1
        self._status_of_stale = status

    def page(self, root: str, arguments: Mapping[str, Any]) -> Row:
        """Return one connection; refuses a page too large and a bad cursor as Linear does.

        Raises GraphQLError for what is refused with HTTP 200, RefusedError otherwise.
        """
        first = arguments.get("first") or (50 if arguments.get("first") is None else 0)
        if not 0 < first <= _LARGEST_PAGE:
            raise _invalid_input(f"Argument Validation Error: first must be from 1 to {_LARGEST_PAGE}")
        keys = self._keys(root, {name: value for name, value in arguments.items() if name not in {"first", "after"}})
        end = bisect_left(keys, self._position(arguments["after"])) if arguments.get("after") else len(keys)
        start = max(0, end - first)
        # The keys ascend and Linear's lists only descend.
        shown = keys[start:end][::-1]
        return {
            "nodes": [self.world.rows[root][row_id] for _, row_id in shown],
            "pageInfo": {"hasNextPage": start > 0, "endCursor": cursor(shown[-1], self._age) if shown else None},
        }

    def issue_count(self, team_id: str, *, with_archived: bool) -> int:
        """Return how many issues of a team the key sees."""
        self._look_at_version()
        if self._counts is None:
            seen = self.world.seen("issues")
            self._counts = Counter((row["team"], row["archivedAt"] is not None) for row in seen)
        return self._counts[team_id, False] + (self._counts[team_id, True] if with_archived else 0)

    def _keys(self, root: str, arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
        self._look_at_version()
        name = json.dumps([root, arguments], sort_keys=True)
        if name not in self._ordered:
            field = arguments.get("orderBy") or "createdAt"
            rows = self.world.seen(root)
            if not arguments.get("includeArchived"):
                rows = (row for row in rows if row["archivedAt"] is None)
            if not arguments.get("includeDisabled"):
                rows = (row for row in rows if row.get("active") is not False)
            if view := arguments.get("view"):
                rows = filter(partial(view_filters.is_in_view, self.world, self.world.by_id[view]), rows)
            if where := arguments.get("filter"):
                rows = filter(filters.parse_filter(where), rows)
            self._ordered[name] = sorted((row[field], row["id"]) for row in rows)
        return self._ordered[name]

    def _look_at_version(self) -> None:
        if self._version != self.world.version:
            self._version = self.world.version
            self._ordered.clear()
            self._counts = None

    def _position(self, text: str) -> tuple[str, str]:
        try:
            age, value, row_id = json.loads(base64.urlsafe_b64decode(text))
        except (ValueError, TypeError) as error:
            raise _bad_cursor() from error
        if age in {self._age, _EVER}:
            return value, row_id
        raise _bad_cursor() if self._status_of_stale == 400 else _invalid_input("Invalid cursor")


def _bad_cursor() -> RefusedError:
    return RefusedError(400, "INPUT_ERROR", "invalid input", "Invalid cursor")


def _invalid_input(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "INVALID_INPUT", "type": "invalid input"})


def cursor(key: tuple[str, str], age: int = _EVER) -> str:
    """Return the opaque text that stands for a place in a list: a row's time and id."""
    return base64.urlsafe_b64encode(json.dumps([age, *key]).encode()).decode()
