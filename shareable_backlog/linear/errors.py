"""Name what can go wrong when asking Linear, by what its caller can do about it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from shareable_backlog.errors import LinearFailed


class Place(Struct, frozen=True):
    """Where in an answer Linear has nothing to give, and by which codes and words it says so.

    `path` is GraphQL's: the list, `nodes`, a position, a field; it is empty for the whole request.
    """

    path: tuple[str | int, ...] = ()
    codes: frozenset[str] = frozenset()
    message: str = ""


class Refused(LinearFailed):
    """Linear refuses what was asked for, or some of it, and might give the rest: `places` say what."""

    places: tuple[Place, ...] = ()

    def __init__(self, words: str, places: Sequence[Place] = ()) -> None:
        super().__init__(words)
        self.places = tuple(places)


class AuthenticationFailed(LinearFailed):
    """Linear does not know the key: stop at once, a person has to act."""

    code = "LINEAR_AUTHENTICATION_FAILED"

    def __init__(self) -> None:
        super().__init__(
            "Linear did not accept the key. What was mirrored before is kept;"
            " make a new key in Linear's settings and set LINEAR_API_KEY to it."
        )


class Forbidden(Refused):
    """The key, or the workspace's plan, may not read what was asked for: a person has to act."""

    code = "LINEAR_FORBIDDEN"

    def __init__(self, places: Sequence[Place] = ()) -> None:
        words = (
            "Linear does not let this key read what the mirror needs. What was mirrored before is kept;"
            " give the key read access to the teams that should be shown."
        )
        super().__init__(words, places)


class RateLimited(LinearFailed):
    """The key's budget is spent; `retry_at` is when it is back, None when Linear did not say."""

    code = "LINEAR_RATE_LIMITED"

    def __init__(self, retry_at: datetime | None) -> None:
        until = f"until {retry_at:%H:%M:%S} UTC" if retry_at else "for now"
        super().__init__(f"Linear accepts no more requests from this key {until}. The mirror continues after that.")
        self.retry_at = retry_at


class TooComplex(LinearFailed):
    """One request asked for more than Linear or this program takes at once: ask for fewer rows."""

    code = "LINEAR_TOO_COMPLEX"


class InvalidQuery(Refused):
    """Linear does not understand a query of this program: repeating it would not help."""

    code = "LINEAR_INVALID_QUERY"

    def __init__(self, places: Sequence[Place] = ()) -> None:
        words = (
            "Linear did not understand one of this program's queries. What was mirrored before is kept;"
            " a newer version of the program may work with Linear's API again."
        )
        super().__init__(words, places)


class CursorInvalid(InvalidQuery):
    """Linear no longer takes the place in a list where the next page was to begin: begin the list again."""


class LinearUnavailable(LinearFailed):
    """No usable answer came this time: the same request may work later."""

    code = "LINEAR_UNAVAILABLE"


class ServerErred(LinearUnavailable, Refused):
    """Linear answered that it met an error, and not where: it may pass, or be that of one list."""

    def __init__(self, words: str, places: Sequence[Place] = ()) -> None:
        Refused.__init__(self, words, places)


class PartialAnswer(Refused):
    """Linear's answer has holes, so nothing of it may be stored and no row counts as gone."""

    code = "LINEAR_PARTIAL_ANSWER"

    def __init__(self, places: Sequence[Place] = ()) -> None:
        super().__init__("Linear's answer was incomplete, so it was not used. The next run asks again.", places)


class PagesEndless(PartialAnswer):
    """Linear promises ever more pages of a list and brings nothing new."""
