"""The hashes and keys of the record: nothing can move from one place to the next, and each secret has its own key."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shareable_backlog.config import Secret
from shareable_backlog.database.audit.audit_seals import AuditSeal
from shareable_backlog.services.audit import seal_hashes

SEAL = AuditSeal(
    number=2,
    position=5,
    ids=[4, 5],
    row_hashes=bytes(64),
    pruned_number=0,
    pruned_position=1,
    pruned_hash=b"p",
    sealed_at=datetime(2026, 1, 1, tzinfo=UTC),
    hash=b"",
    key_id=None,
    mac=None,
)


def test_values_can_not_move_from_one_column_to_the_next() -> None:
    given: list[list[str | None]] = [["a", ""], ["", "a"], ["1:a,0:"], ["a"], ["a", None], ["a", "-"], [None, "a"]]
    assert len({seal_hashes.hash_values(b"", values) for values in given}) == len(given)


def test_a_hash_follows_the_one_before() -> None:
    assert seal_hashes.hash_values(b"x", ["a"]) != seal_hashes.hash_values(b"y", ["a"])
    assert seal_hashes.hash_seal(b"x", SEAL) != seal_hashes.hash_seal(b"y", SEAL)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 3},
        {"position": 6},
        {"ids": [5, 4]},
        {"row_hashes": bytes(63) + b"x"},
        {"pruned_number": 1},
        {"pruned_position": 0},
        {"pruned_hash": b"q"},
        {"sealed_at": SEAL.sealed_at + timedelta(microseconds=1)},
    ],
)
def test_a_seals_hash_covers_all_that_it_says(change: dict[str, Any]) -> None:
    assert seal_hashes.hash_seal(b"", replace(SEAL, **change)) != seal_hashes.hash_seal(b"", SEAL)


def test_each_secret_has_a_key_and_a_name_of_its_own_in_their_order() -> None:
    secrets = [Secret("a" * 32), Secret("b" * 32)]
    keys = seal_hashes.derive_keys(secrets)
    assert keys == seal_hashes.derive_keys(secrets)
    assert [*keys] == [*seal_hashes.derive_keys(secrets[:1]), *seal_hashes.derive_keys(secrets[1:])]
    assert {len(key) for key in keys.values()} == {32}
    assert len({*keys, *(key.hex()[:16] for key in keys.values())}) == 4


def test_only_the_key_makes_the_same_mac() -> None:
    assert seal_hashes.compute_mac(b"a", b"hash") == seal_hashes.compute_mac(b"a", b"hash")
    assert seal_hashes.compute_mac(b"a", b"hash") != seal_hashes.compute_mac(b"b", b"hash")
