"""Seal what was recorded, in batches and with a key that the database never sees; nobody who writes waits for it."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog import logs
from shareable_backlog.config import Settings, secret_key
from shareable_backlog.database import transaction
from shareable_backlog.database.audit import audit_chain, audit_seals
from shareable_backlog.database.audit.audit_chain import ChainLink
from shareable_backlog.database.audit.audit_seals import AuditSeal
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import BacklogError, DatabaseFailed
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.audit import audit_heads, seal_hashes
from shareable_backlog.services.audit.audit_heads import AuditHead

_LOG = logs.get_logger(__name__)

_ROWS_AT_ONCE = 2000
_WITHIN_S = 30.0
_EVERY_S = 1.5
_SAY_HEAD_EVERY_S = 86_400.0
_CUT_SAID = ProcessState(str)
"""Which head the log said last was lost: once a day is enough."""


class SealConfig(Struct, frozen=True):
    """The keys by their names, the first of which makes seals; and the file that remembers the last of them.

    With `is_logged` each row that is sealed is in the log too, from where it goes wherever that is kept.
    """

    keys: Mapping[str, bytes]
    head_file: Path
    is_logged: bool = False


class SealState(Struct, frozen=True):
    """How far the record is sealed (None: not at all) and since when, and what waits for its seal."""

    head: AuditHead | None
    sealed_at: datetime | None
    unsealed: int
    oldest_unsealed_at: datetime | None


def build_seal_config(settings: Settings) -> SealConfig:
    """Return how to seal under these settings; without a secret key there are no keys."""
    keys = seal_hashes.derive_keys(secret_key.find_secret_keys(settings))
    return SealConfig(keys, audit_heads.locate_head_file(settings), is_logged=settings.audit_to_log == "yes")


async def seal_entries(config: SealConfig) -> int:
    """Seal all that is committed and return how many rows that were; without a key nothing is done."""
    sealed = 0
    while config.keys and await audit_seals.has_unsealed():
        async with transaction(within_s=_WITHIN_S) as tx:
            newest, now = await read_newest_locked(tx)
            links = await audit_chain.list_unsealed(tx, _ROWS_AT_ONCE)
            if not links:
                break  # another process was faster
            row_hashes = b"".join(map(seal_hashes.hash_link, links))
            wanted = replace(
                newest,
                position=newest.position + len(links),
                ids=[link.id for link in links],
                row_hashes=row_hashes,
                sealed_at=now,
            )
            seal = await add_seal(tx, config, newest, wanted)
            if config.is_logged:  # before the commit: rather twice than never
                _log_links(newest.position, links)
            is_as_remembered = await _is_as_remembered(tx, config.head_file)
        sealed += len(links)
        if is_as_remembered:
            audit_heads.write_head(config.head_file, AuditHead(seal.position, seal.hash))
        if len(links) < _ROWS_AT_ONCE:
            break
    return sealed


def _log_links(after: int, links: Sequence[ChainLink]) -> None:
    for position, link in enumerate(links, after + 1):
        named = dict(zip(audit_chain.VALUE_NAMES, link.values, strict=True)) | {"position": position}
        _LOG.info("audit_entry", **{name: value for name, value in named.items() if value is not None})


async def read_newest_locked(tx: Transaction) -> tuple[AuditSeal, datetime]:
    """Return the last seal and the server's time, once nobody else can seal until the transaction ends."""
    await audit_seals.hold_seal_lock(tx)
    newest, now = await audit_seals.read_newest(tx)
    if newest is None:
        raise DatabaseFailed("The seals of the audit log are gone. Bring the database back from a backup.")
    return newest, now


async def add_seal(tx: Transaction, config: SealConfig, previous: AuditSeal, wanted: AuditSeal) -> AuditSeal:
    """Add a seal that says what `wanted` does, after the one before, and return it as it stands."""
    key_id, key = next(iter(config.keys.items()))
    numbered = replace(wanted, number=previous.number + 1)
    seal_hash = seal_hashes.hash_seal(previous.hash, numbered)
    seal = replace(numbered, hash=seal_hash, key_id=key_id, mac=seal_hashes.compute_mac(key, seal_hash))
    await audit_seals.add_seal(tx, seal)
    return seal


async def keep_sealing(config: SealConfig) -> None:
    """Seal once a second what was recorded, for ever, and once more at the end; log the head once a day."""
    say_at = monotonic()
    try:
        while True:
            with contextlib.suppress(BacklogError):  # the probe, or the failed statement, has it in the log
                await seal_entries(config)
                if monotonic() >= say_at:
                    await _say_head(config.head_file)
                    say_at = monotonic() + _SAY_HEAD_EVERY_S
            await asyncio.sleep(_EVERY_S)
    finally:
        with contextlib.suppress(BacklogError):
            await seal_entries(config)


async def read_state() -> SealState:
    """Return how far the record is sealed, and what is not yet."""
    async with transaction() as tx:
        newest, _ = await audit_seals.read_newest(tx)
        unsealed = await audit_seals.count_unsealed(tx)
    head = build_head(newest)
    return SealState(head, newest.sealed_at if newest and head else None, unsealed.rows, unsealed.oldest_at)


def build_head(newest: AuditSeal | None) -> AuditHead | None:
    """Return how far the record goes by its last seal; None when nothing was ever sealed or chained."""
    return AuditHead(newest.position, newest.hash) if newest and newest.hash else None


async def _say_head(file: Path) -> None:
    _CUT_SAID.reset()
    async with transaction() as tx:
        await _is_as_remembered(tx, file)
    state = await read_state()
    sealed_at = state.sealed_at and state.sealed_at.isoformat()
    _LOG.info("audit_head", head=str(state.head), sealed_at=sealed_at, unsealed=state.unsealed)


async def _is_as_remembered(tx: Transaction, file: Path) -> bool:
    """Return whether the record still goes where this machine last saw its end; if not, that is an error in the log.

    What was remembered is kept then, for `slb audit verify` to go by.
    """
    remembered = audit_heads.read_remembered(file)
    if remembered is None or await audit_seals.has_seal(tx, remembered.position, remembered.hash):
        return True
    if _CUT_SAID.value != str(remembered):
        _CUT_SAID.value = str(remembered)
        _LOG.error("audit_log_was_cut", remembered=str(remembered), file=str(file))
    return False
