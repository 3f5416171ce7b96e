"""Walk along the audit log's rows and seals, and note what does not fit to what came before."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from shareable_backlog.database.audit.audit_chain import ChainLink
from shareable_backlog.database.audit.audit_seals import AuditSeal
from shareable_backlog.services.audit import seal_hashes
from shareable_backlog.services.audit.audit_heads import AuditHead

_HASH_BYTES = 32
_CLOCK_MAY_BE_OFF = timedelta(hours=1)


class ChainFault(Struct, frozen=True):
    """One thing that is wrong, in a sentence, with the row's id and its place in the chain where it has them."""

    row_id: int | None
    position: int | None
    sentence: str


class ChainWalk:
    """On the way: the place of the last row, the last seal's number, and the hashes that the next may build upon.

    `keys` are those that seals may be made with, by name; without any only hashes are checked. `heads` are looked
    out for, and those that were met are in `met`.
    """

    def __init__(self, newest: AuditSeal, keys: Mapping[str, bytes], heads: Sequence[AuditHead]) -> None:
        self.rows = 0
        self.faults: list[ChainFault] = []
        self.met: set[AuditHead] = set()
        self._start = self._position = newest.pruned_position
        self._number, self._last_number = newest.pruned_number, newest.number
        self._previous = {newest.pruned_hash}
        self._sealed_at: datetime | None = None
        self._keys, self._heads = keys, set(heads)
        self._missing: tuple[int, int] | None = None
        self._match_heads(newest.pruned_hash)

    def step_link(self, link: ChainLink, end: int) -> None:
        """Check a row from before there were seals, which carries the chain itself; it went as far as `end`."""
        self.rows += 1
        assert link.position is not None  # noqa: S101 (those were asked for)
        if link.position > end:
            self.faults.append(build_stray(link.id))
            return
        if link.position <= self._position:
            self._add_fault(link, link.position, "comes before the start of the chain, where nothing may be")
            return
        if link.position > self._position + 1:
            self._add_missing(self._position + 1, link.position - 1)
            self._previous.clear()
        computed = {seal_hashes.hash_values(previous, link.values) for previous in self._previous}
        if computed and link.hash not in computed:
            what = "is not as it was recorded, or does not follow the row that it followed"
            self._add_fault(link, link.position, what)
        elif link.user_id not in {None, link.actor_id}:
            self._add_fault(link, link.position, "was given to another person")
        # After a row that was changed either may be the true one: its hash as it stands, or that of its content.
        stands = {link.hash} if link.hash else set[bytes]()
        self._position, self._previous = link.position, stands if link.hash in computed else computed | stands
        self._match_heads(link.hash)

    def end_links(self, seal: AuditSeal) -> None:
        """Check that the rows from before there were seals end where seal 0 says."""
        if self._position < seal.position:
            self._add_missing(self._position + 1, seal.position)
        elif self._previous and seal.hash not in self._previous:
            self._add_seal_fault(seal.position, "The last row before the first seal is not the one that was there.")
        if seal.ids or seal.key_id or self._number != -1:
            self._add_seal_fault(seal.position, "Seal 0 says what it can't say.")
        self._number, self._position, self._previous = 0, seal.position, {seal.hash}

    def step_seal(self, seal: AuditSeal, links: Mapping[int, ChainLink]) -> None:
        """Check a seal against the one before it, and its rows, those of `links` that it names, against the seal."""
        first = seal.position - len(seal.ids) + 1
        if seal.number != self._number + 1:
            self._add_seal_fault(first, f"Seals {self._number + 1} to {seal.number - 1} are missing.")
            self._previous.clear()
        if first > self._position + 1:
            self._add_missing(self._position + 1, first - 1)
        self._check_seal(seal)
        for place, row_id in enumerate(seal.ids, first):
            link = links.get(row_id)
            if link is not None:
                self._step_sealed(link, place, seal)
            elif place > self._start:
                self._add_missing(place, place)
        self._number, self._position, self._previous = seal.number, seal.position, {seal.hash}
        self._sealed_at = seal.sealed_at
        self._match_heads(seal.hash)

    def end(self) -> None:
        """Note what was missing last; rows that are missing one after the other are one fault."""
        if self._missing is not None:
            self.faults.append(_build_missing(*self._missing))
            self._missing = None

    def finish(self) -> None:
        """Check that the last seal was reached: none can be hidden behind places that are nowhere."""
        self.end()
        if self._number != self._last_number:
            sentence = (
                f"The seals end at number {self._number}, and not at {self._last_number}: what follows is hidden."
            )
            self._add_seal_fault(self._position, sentence)

    def _check_seal(self, seal: AuditSeal) -> None:
        name = f"Seal {seal.number} (up to place {seal.position})"
        if self._previous and seal.hash not in {seal_hashes.hash_seal(one, seal) for one in self._previous}:
            self._add_seal_fault(seal.position, f"{name} is not as it was made, or does not follow the one before.")
        elif self._keys and seal.key_id not in self._keys:
            what = "was made with a key that is not this program's. If it is an older one, add it to SECRET_KEYS."
            self._add_seal_fault(seal.position, f"{name} {what}")
        elif self._keys and not _is_made_with(self._keys, seal):
            self._add_seal_fault(seal.position, f"{name} was forged: it was made without the key that it names.")

    def _step_sealed(self, link: ChainLink, place: int, seal: AuditSeal) -> None:
        self.rows += 1
        at = _HASH_BYTES * (place - seal.position + len(seal.ids) - 1)
        if place <= self._start:
            self._add_fault(link, place, "comes before the start of the chain, where nothing may be")
        elif seal_hashes.hash_link(link) != seal.row_hashes[at : at + _HASH_BYTES]:
            self._add_fault(link, place, "is not as it was recorded")
        elif link.user_id not in {None, link.actor_id}:
            self._add_fault(link, place, "was given to another person")
        elif self._sealed_at and link.created_at < self._sealed_at - _CLOCK_MAY_BE_OFF:
            after = f"{self._sealed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            self._add_fault(link, place, f"says an earlier time than it was written at, after {after}")
        else:
            self.end()

    def _add_missing(self, first: int, last: int) -> None:
        if self._missing is not None and self._missing[1] == first - 1:
            self._missing = self._missing[0], last
            return
        self.end()
        self._missing = first, last

    def _match_heads(self, own_hash: bytes | None) -> None:
        if self._heads and own_hash is not None:
            self.met |= self._heads & {AuditHead(self._position, own_hash)}

    def _add_fault(self, link: ChainLink, position: int, what: str) -> None:
        self.end()
        self.faults.append(ChainFault(link.id, position, f"Row {link.id} (place {position}) {what}."))

    def _add_seal_fault(self, position: int, sentence: str) -> None:
        self.end()
        self.faults.append(ChainFault(None, position, sentence))


def build_stray(row_id: int) -> ChainFault:
    """Return the fault of a row that stands in no seal."""
    return ChainFault(row_id, None, f"Row {row_id} was slipped in: it has no place in the chain.")


def _is_made_with(keys: Mapping[str, bytes], seal: AuditSeal) -> bool:
    assert seal.key_id is not None  # noqa: S101 (it is among the keys)
    return hmac.compare_digest(seal_hashes.compute_mac(keys[seal.key_id], seal.hash), seal.mac or b"")


def _build_missing(first: int, last: int) -> ChainFault:
    places = f"Row at place {first} is" if first == last else f"Rows at places {first} to {last} are"
    return ChainFault(None, first, f"{places} missing: {'it was' if first == last else 'they were'} removed.")
