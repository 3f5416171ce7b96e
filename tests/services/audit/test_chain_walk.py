"""The walk along rows and seals, where no database is needed to say what is wrong."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from shareable_backlog.database.audit.audit_chain import ChainLink
from shareable_backlog.database.audit.audit_seals import AuditSeal
from shareable_backlog.services.audit import seal_hashes
from shareable_backlog.services.audit.audit_heads import AuditHead
from shareable_backlog.services.audit.chain_walk import ChainWalk

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = {"k": b"key"}
START = AuditSeal(
    number=0,
    position=0,
    ids=[],
    row_hashes=b"",
    pruned_number=-1,
    pruned_position=0,
    pruned_hash=b"",
    sealed_at=NOW,
    hash=b"",
    key_id=None,
    mac=None,
)


def build_link(row_id: int, at: datetime = NOW) -> ChainLink:
    return ChainLink(
        id=row_id, position=None, user_id=None, actor_id=None, created_at=at, values=[str(row_id)], hash=None
    )


def build_seal(previous: AuditSeal, *links: ChainLink, hours: int = 0) -> AuditSeal:
    seal = replace(
        previous,
        number=previous.number + 1,
        position=previous.position + len(links),
        ids=[link.id for link in links],
        row_hashes=b"".join(map(seal_hashes.hash_link, links)),
        sealed_at=NOW + timedelta(hours=hours),
        key_id="k",
    )
    own_hash = seal_hashes.hash_seal(previous.hash, seal)
    return replace(seal, hash=own_hash, mac=seal_hashes.compute_mac(KEYS["k"], own_hash))


def walk_along(*steps: tuple[AuditSeal, list[ChainLink]], heads: tuple[AuditHead, ...] = ()) -> ChainWalk:
    walk = ChainWalk(steps[-1][0], KEYS, heads)
    walk.end_links(START)
    for seal, links in steps:
        walk.step_seal(seal, {link.id: link for link in links})
    walk.finish()
    return walk


def test_rows_that_are_missing_one_after_the_other_are_one_fault_across_seals() -> None:
    links = [build_link(number) for number in range(6)]
    first = build_seal(START, *links[:3])
    second = build_seal(first, *links[3:])
    walk = walk_along((first, links[:1]), (second, links[4:]))
    assert [fault.sentence for fault in walk.faults] == ["Rows at places 2 to 4 are missing: they were removed."]
    assert walk.rows == 3


def test_heads_are_met_where_seals_end() -> None:
    first = build_seal(START, build_link(1), build_link(2))
    wanted = AuditHead(2, first.hash)
    walk = walk_along((first, [build_link(1), build_link(2)]), heads=(wanted, AuditHead(1, first.hash)))
    assert (walk.met, walk.faults) == ({wanted}, [])


def test_a_row_from_before_the_last_seal_is_named() -> None:
    first = build_seal(START, build_link(1), hours=5)
    early = build_link(2, NOW + timedelta(hours=3))
    second = build_seal(first, early, build_link(3, NOW + timedelta(hours=4, minutes=30)), hours=6)
    walk = walk_along(
        (first, [build_link(1)]), (second, [early, build_link(3, NOW + timedelta(hours=4, minutes=30))])
    )
    assert [fault.row_id for fault in walk.faults] == [2]


def test_a_seal_that_is_missing_in_between_is_named_once() -> None:
    first = build_seal(START, build_link(1))
    second = build_seal(first, build_link(2))
    third = build_seal(second, build_link(3))
    walk = walk_along((first, [build_link(1)]), (third, [build_link(3)]))
    assert [fault.sentence for fault in walk.faults] == [
        "Seals 2 to 2 are missing.",
        "Row at place 2 is missing: it was removed.",
    ]
