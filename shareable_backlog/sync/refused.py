"""Remember from run to run what Linear refuses, and say in words what that is and who can mend it."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from shareable_backlog.database.mirror.sync_refusals import NewRefusal, RefusalKey, StoredRefusal
from shareable_backlog.linear.paging import NodePage
from shareable_backlog.linear.refusals import COUNTS, Cause, RefusedPart
from shareable_backlog.streams.stream import Stream

_REASONS: Mapping[Cause, str] = {
    "rights": "Linear does not let the key read {what}",
    "plan": "Linear says that the workspace's plan does not include {what}",
    "error": "Linear answers with an error when it is asked for {what}",
    "query": "Linear does not understand how this program asks for {what}",
    "endless": "Linear's answers never come to an end for {what}",
    "value": "Linear has a value that can't be stored for {what}",
}
_REMEDIES: Mapping[Cause, str] = {
    "rights": "The admin who made the key can give it that right in Linear, or make another key.",
    "plan": "An admin of the workspace in Linear can change its plan; until then the mirror does without.",
    "error": "Only Linear can mend this: send its support the place that is named.",
    "query": "A newer version of this program may ask in the right way.",
    "endless": "Only Linear can mend this: tell its support which list has no end.",
    "value": "Whoever may edit it in Linear can put the value right that is named.",
}


def describe_refusal(refusal: RefusedPart) -> str:
    """Return in words what is refused and why, as the beginning of a sentence without its full stop."""
    of = "the counts of issues" if refusal.stream == COUNTS else refusal.stream.replace("_", " ")
    match refusal.kind:
        case "list":
            what = of
        case "field":
            what = f"the field {refusal.name} of {of}"
        case "node":
            what = f"one of {of} ({refusal.name})"
        case "hole":
            what = f"one of {of}, of which it does not even tell the id"
    return _REASONS[refusal.cause].format(what=what)


def describe_remedy(refusal: RefusedPart) -> str:
    """Return in a sentence who can mend it."""
    return _REMEDIES[refusal.cause]


def build_refused(refused: Sequence[RefusedPart]) -> list[NewRefusal]:
    """Return what is stored of refusals, each once."""
    return [
        NewRefusal(
            stream=refusal.stream,
            kind=refusal.kind,
            name=refusal.name,
            reason=describe_refusal(refusal),
            remedy=describe_remedy(refusal),
            path=refusal.path,
            retry_from=refusal.retry_from,
        )
        for refusal in {refusal.key: refusal for refusal in refused}.values()
    ]


class KnownRefusals(Struct, frozen=True):
    """What earlier runs could not have; `all_due` when this run asks for all of it, whatever the time."""

    stored: Sequence[StoredRefusal] = ()
    all_due: bool = False

    def list_paused(self) -> list[StoredRefusal]:
        """Return what this run does not ask for."""
        return [one for one in self.stored if not self._is_due(one)]

    def is_paused(self, stream: str) -> bool:
        """Return whether this run does not ask for a list."""
        return any(one.stream == stream and one.kind == "list" for one in self.list_paused())

    def list_fields(self, stream: str) -> frozenset[str]:
        """Return the fields of a stream that were refused."""
        return frozenset(one.name for one in self.stored if one.stream == stream and one.kind == "field")

    def list_due(self, stream: str, kind: str) -> list[StoredRefusal]:
        """Return what this run is to ask for once more."""
        return [one for one in self.stored if (one.stream, one.kind) == (stream, kind) and self._is_due(one)]

    def list_rereads(self, stream: Stream) -> list[StoredRefusal]:
        """Return those for which some of the list has to be read once more."""
        return self.list_due(stream.name, "hole") + ([] if stream.window else self.list_due(stream.name, "node"))

    def list_recovered(self, stream: Stream, page: NodePage, refused: Collection[RefusedPart]) -> list[RefusalKey]:
        """Return the nodes of a page that were refused before."""
        known = {one.name: one.key for one in self.stored if (one.stream, one.kind) == (stream.name, "node")}
        still = {refusal.key for refusal in refused}
        return [known[node.id] for node in page.nodes if node.id in known and known[node.id] not in still]

    def has(self, key: RefusalKey) -> bool:
        """Return whether something was refused."""
        return any(one.key == key for one in self.stored)

    def _is_due(self, one: StoredRefusal) -> bool:
        return self.all_due or one.is_due
