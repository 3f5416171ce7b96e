"""Record what people do whom nobody knows: the first of a kind at once, all others within an hour as one row.

Else whoever finds the address could fill the record, and the disk. What is kept until the row is written has a bound
too, whatever they choose: a few kinds, and of each the networks that most of it came from.
"""

import asyncio
import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, field

from shareable_backlog import clock, logs
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import BacklogError
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.tasks import see_through

SUMMED_FOR = timedelta(hours=1)
MOST_KINDS = 20
_LOOK_EVERY_S = 30.0
_MOST_NETWORKS = 100
_NAMED_NETWORKS = 10
_LONGEST_PATH = 200
_SUMMED = Actor(None, None, None, None)
_LOG = logs.get_logger(__name__)


class StrangerSum(Struct):
    """What came since the row that was written at once; `networks` counts each, and how far that may be too much."""

    refused: bool
    since: datetime
    count: int = 0
    networks: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])

    def count_one(self, network: str) -> None:
        """Count one more from a network; the rarest makes room, so that one that is often heard of stays."""
        self.count += 1
        known = self.networks.get(network)
        if known is None and len(self.networks) >= _MOST_NETWORKS:
            rarest = min(self.networks, key=lambda one: self.networks[one][0])
            most = self.networks.pop(rarest)[0]
            known = (most, most)
        count, surplus = known or (0, 0)
        self.networks[network] = (count + 1, surplus)

    def list_networks(self) -> dict[str, int]:
        """Return the networks that most came from, with how much certainly did."""
        certain = {network: count - surplus for network, (count, surplus) in self.networks.items()}
        return dict(sorted(certain.items(), key=lambda one: -one[1])[:_NAMED_NETWORKS])


SUMS = ProcessState(dict[tuple[Action, str], StrangerSum])
_TRICKS = ProcessState(dict[str, StrangerSum])


async def record_stranger(
    tx: Transaction | None,
    actor: Actor,
    action: Action,
    kind: str,
    details: Mapping[str, object],
    *,
    refused: bool = False,
) -> bool:
    """Record an act of somebody unknown like any other, or count it when one of this action and kind was recorded.

    Return whether it was recorded. `kind` must be one of few; beyond 20 all others count as one.
    """
    sums = SUMS.value
    key = (action, kind if len(sums) < MOST_KINDS else "")
    found = sums.get((action, kind)) or sums.get(key)
    if found is not None:
        found.count_one(format_network(actor.ip_address))
        return False
    # Before the row is written, so that of many at once one is first.
    sums[key] = StrangerSum(refused, clock.read_time())
    try:
        await audit_actions.record(tx, actor, action, details=details, refused=refused)
    except BaseException:
        del sums[key]
        raise
    return True


def log_trick(actor: Actor, kind: str, path: str) -> None:
    """Log a request that no honest page or program sends, or count it when one of this kind was logged this hour.

    `kind` must be one of few; the record has no row of them, as each costs nothing to send.
    """
    network = format_network(actor.ip_address)
    found = _TRICKS.value.get(kind)
    if found is None:
        _TRICKS.value[kind] = StrangerSum(refused=True, since=clock.read_time())
        _LOG.warning("request_refused", kind=kind, path=path[:_LONGEST_PATH], network=network, user_id=actor.user_id)
    else:
        found.count_one(network)


def log_tricks(begun_before: datetime) -> None:
    """Log how many more came of each kind whose first came before, and forget it."""
    for kind, found in list(_TRICKS.value.items()):
        if found.since <= begun_before:
            del _TRICKS.value[kind]
            if found.count:
                networks = found.list_networks()
                _LOG.warning(
                    "requests_refused", kind=kind, count=found.count, since=found.since.isoformat(), networks=networks
                )


async def keep_summing() -> None:
    """Write what was counted an hour after its first, for ever, and all of it at the end."""
    try:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            log_tricks(clock.read_time() - SUMMED_FOR)
            await write_sums(clock.read_time() - SUMMED_FOR)
    finally:
        log_tricks(clock.read_time())
        await see_through(write_sums(clock.read_time()))


async def write_sums(begun_before: datetime) -> None:
    """Write a row for each kind whose first came before, and forget it; what can't be written now stays."""
    for (action, kind), found in list(SUMS.value.items()):
        if found.since > begun_before:
            continue
        details = {
            "kind": kind,
            "count": found.count,
            "since": found.since,
            "until": clock.read_time(),
            "networks": found.list_networks(),
        }
        del SUMS.value[action, kind]
        try:
            if found.count:
                await audit_actions.record(None, _SUMMED, action, details=details, refused=found.refused)
        except BacklogError:
            _LOG.warning("strangers_not_recorded", action=action.value, kind=kind, count=found.count)
            SUMS.value.setdefault((action, kind), found)


def format_network(ip_address: str | None) -> str:
    """Return what counts as one stranger: an IPv4 address, or the /64 that one household gets of IPv6."""
    try:
        address = ipaddress.ip_address(ip_address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((address, 64 if address.version == 6 else 32), strict=False))  # noqa: PLR2004 (IPv6)
