"""Check that the audit log is what was recorded: no row changed, removed or slipped in.

The hashes are computed here once more, and not by the function of the database that made them, which whoever changes
rows could change as well.
"""

import hashlib
from dataclasses import dataclass

from shareable_backlog.database.audit import audit_chain
from shareable_backlog.database.audit.audit_chain import ChainHead, ChainLink

_PAGE_ROWS = 1000
_MOST_FAULTS = 20
_BEFORE_ALL = -(2**63)


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One thing that is wrong, in a sentence, with the row's id and its place in the chain where it has them."""

    row_id: int | None
    position: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many rows were read and the first faults, at most 20; none means that the log is whole."""

    rows: int
    faults: list[ChainFault]


class _ChainWalk:
    """On the way along the chain: the place of the last row, and the hashes that the next one may build upon."""

    def __init__(self) -> None:
        self.rows = 0
        self.faults: list[ChainFault] = []
        self._last: int | None = None
        self._previous: set[bytes] = set()

    def begin(self, head: ChainHead) -> None:
        """Start from what retention has left, which may become less on the way."""
        if self._last is None or head.pruned_position > self._last:
            self._last, self._previous = head.pruned_position, {head.pruned_hash}

    def step(self, link: ChainLink) -> None:
        """Check one row against the one before it."""
        assert self._last is not None  # noqa: S101 (begin came first)
        self.rows += 1
        if link.position <= self._last:
            self._add_fault(link, "comes before the start of the chain, where nothing may be")
            return
        if link.position > self._last + 1:
            self.faults.append(_build_missing(self._last + 1, link.position - 1))
            self._previous.clear()
        computed = {_compute_hash(previous, link) for previous in self._previous}
        if computed and link.hash not in computed:
            self._add_fault(link, "is not as it was recorded, or does not follow the row that it followed")
        elif link.user_id not in {None, link.actor_id}:
            self._add_fault(link, "was given to another person")
        # After a row that was changed either may be the true one: its hash as it stands, or that of its content.
        stands = {link.hash} if link.hash else set[bytes]()
        self._last, self._previous = link.position, stands if link.hash in computed else computed | stands

    def end(self, head: ChainHead) -> None:
        """Check that the chain goes exactly as far as its head says."""
        assert self._last is not None  # noqa: S101 (begin came first)
        if self._last < head.position:
            self.faults.append(_build_missing(self._last + 1, head.position))
        elif self._last > head.position:
            self.faults.append(ChainFault(None, self._last, f"Rows after place {head.position} were slipped in."))
        elif self._previous and head.hash not in self._previous:
            self.faults.append(ChainFault(None, head.position, "The last row is not the one that was recorded last."))

    def _add_fault(self, link: ChainLink, what: str) -> None:
        self.faults.append(ChainFault(link.id, link.position, f"Row {link.id} (place {link.position}) {what}."))


async def verify_chain() -> Verdict:
    """Walk along the whole chain, page by page, while others may write to it."""
    walk = _ChainWalk()
    for row_id in await audit_chain.list_unchained(_MOST_FAULTS):
        walk.faults.append(ChainFault(row_id, None, f"Row {row_id} was slipped in: it has no place in the chain."))
    after = _BEFORE_ALL
    while len(walk.faults) < _MOST_FAULTS:
        head, links = await audit_chain.read_page(after, _PAGE_ROWS)
        if head is None:
            walk.faults.append(
                ChainFault(None, None, "The head of the chain is missing: rows may be missing at its end.")
            )
            break
        walk.begin(head)
        for link in links:
            walk.step(link)
            after = link.position
        if len(links) < _PAGE_ROWS:
            walk.end(head)
            if not await audit_chain.is_pruning_recorded():
                begin = "The chain begins where no recorded removal ended: rows may be missing before."
                walk.faults.append(ChainFault(None, head.pruned_position, begin))
            break
    return Verdict(walk.rows, walk.faults[:_MOST_FAULTS])


def _compute_hash(previous: bytes, link: ChainLink) -> bytes:
    """Return the hash of a row after the one with hash `previous`, as migration 014 says it."""
    text = ",".join("-" if value is None else f"{len(value)}:{value}" for value in link.values)
    return hashlib.sha256(previous + text.encode()).digest()


def _build_missing(first: int, last: int) -> ChainFault:
    places = f"Row at place {first} is" if first == last else f"Rows at places {first} to {last} are"
    return ChainFault(None, first, f"{places} missing: {'it was' if first == last else 'they were'} removed.")
