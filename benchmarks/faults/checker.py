"""Judge what is left after a round: the mirror, the record, and what the program promised to whom."""

import asyncio
from collections.abc import Iterable

import httpx2
import psycopg

from benchmarks.faults import traffic
from benchmarks.faults.installation import Installation, Lost, wait_for
from benchmarks.faults.traffic import Act, Delivery, Ledger
from shareable_backlog import database
from shareable_backlog.config import parse_settings
from shareable_backlog.services.audit import audit_chain
from shareable_backlog.services.audit.audit_sealing import build_seal_config
from tests.support.signed_in import SECRET_KEY
from tests.sync.model import equal

_DONE = {"person": 303, "token": 200}
_REFUSED = {503, None}
_ASK_AGAIN_S = 20.0
_TRIES = 18  # a batch that waits for a silent connection gives it up after five minutes
_SHOWN = 5

_COUNT_ACTS = {
    "person": """
        SELECT (SELECT count(*) FROM users WHERE users.email = act.email),
          (SELECT count(*) FROM audit_logs WHERE action = 'person.created' AND details ->> 'email' = act.email)
        FROM (SELECT %(name)s || '@example.com') AS act (email)
    """,
    "token": """
        SELECT (SELECT count(*) FROM api_tokens WHERE name = %(name)s),
          (SELECT count(*) FROM audit_logs WHERE action = 'token.created' AND details ->> 'name' = %(name)s)
    """,
}
"""How often the act itself is there, and how often the record has it."""


async def list_losses(installation: Installation, ledger: Ledger, *, allowed: Iterable[int | None]) -> list[str]:
    """Return what is wrong, one line each; `allowed` are what pages may have answered beside 200."""
    expected = {200, *allowed}
    losses = ledger.losses + [f"{page} answered {status}" for page, status in ledger.reads if status not in expected]
    async with httpx2.AsyncClient(base_url=installation.address, timeout=90) as client:
        losses += await _list_lost_deliveries(installation, client, ledger.deliveries)
        losses += await _compare_mirror(installation, client)
    with installation.server.connect() as admin:
        losses += [loss for act in ledger.acts for loss in judge_act(admin, act)]
        admin.execute("DELETE FROM api_tokens")  # a person has twenty at most
        wait_for(lambda: not _count_unsealed(admin), "all of the record is sealed")
    return losses + await _verify_record(installation)


def judge_act(admin: psycopg.Connection, act: Act) -> list[str]:
    """Say what of an act is wrong: one that was answered happened once; of another either all happened or nothing."""
    done, recorded = admin.execute(_COUNT_ACTS[act.kind].encode(), {"name": act.name}).fetchone() or (0, 0)
    if act.status == _DONE[act.kind]:
        is_right = (done, recorded) == (1, 1)
    else:
        is_right = act.status in _REFUSED and done == recorded <= 1
    about = f"{act.kind} {act.name}, answered {act.status}"
    return [] if is_right else [f"{about}: {done} times done and {recorded} times recorded"]


async def _list_lost_deliveries(
    installation: Installation, client: httpx2.AsyncClient, deliveries: list[Delivery]
) -> list[str]:
    """Send again what was not taken, as Linear does, and look whether each is stored and applied once."""
    losses: list[str] = []
    for one in deliveries:
        if 200 not in one.statuses:
            await traffic.send(installation, client, one)
        if one.statuses[-1] != 200:
            losses.append(f"a delivery was answered {one.statuses}")
    ids = [one.id for one in deliveries]
    with installation.server.connect() as admin:
        stored = "SELECT count(*) FROM webhook_deliveries WHERE id = ANY (%s)"
        applied = f"{stored} AND applied_at IS NOT NULL"
        count = admin.execute(stored, [ids]).fetchone()
        if count != (len(ids),):
            return [*losses, f"of {len(ids)} deliveries {count} are stored"]
        await asyncio.to_thread(
            wait_for,
            lambda: admin.execute(applied.encode(), [ids]).fetchone() == (len(ids),),
            "deliveries are applied",
        )
    return losses


async def _compare_mirror(installation: Installation, client: httpx2.AsyncClient) -> list[str]:
    """Let the program run in full once more, and compare each column of each row with the source."""
    installation.linear.world.pass_time(600)
    with installation.server.connect() as admin:
        admin.execute("UPDATE sync_refusals SET next_at = now()")
        await _run_in_full(client, admin)
        under_way = "SELECT 1 FROM sync_history WHERE completed_at IS NULL"
        await asyncio.to_thread(wait_for, lambda: not admin.execute(under_way).fetchone(), "no run seems to go on")
        found = equal.differences(equal.source(installation.linear.world), equal.mirror(admin).live)
    installation.linear.requests.clear()
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return [*found[:_SHOWN], *more]


async def _run_in_full(client: httpx2.AsyncClient, admin: psycopg.Connection) -> None:
    """Ask for a full run until one that began after now has succeeded."""
    [(before,)] = admin.execute("SELECT coalesce(max(id), 0) FROM sync_history").fetchall()
    ended = "SELECT 1 FROM sync_history WHERE id > %s AND is_full AND status = 'succeeded'"
    for _ in range(_TRIES):
        await traffic.ask_for_sync(client, is_full=True)
        try:
            await asyncio.to_thread(
                wait_for, lambda: admin.execute(ended, [before]).fetchone(), "a run succeeds", _ASK_AGAIN_S
            )
        except Lost:
            continue
        return
    last = admin.execute("SELECT status, error_message FROM sync_history ORDER BY id DESC LIMIT 1").fetchone()
    raise Lost(f"no full run succeeds; the last one: {last}")


def _count_unsealed(admin: psycopg.Connection) -> int:
    [(count,)] = admin.execute("SELECT count(*) FROM unsealed_audit_logs").fetchall()
    return count


async def _verify_record(installation: Installation) -> list[str]:
    """Walk along the whole record, up to the head that the program has remembered on its disk."""
    told = {"SLB_DATA_DIR": str(installation.folder / "data"), "SECRET_KEY": SECRET_KEY}
    own = parse_settings(
        {**told, "DATABASE_URL": installation.settings["DATABASE_URL"]}
    )  # by which the head is filed
    async with database.open_database(parse_settings({**told, "DATABASE_URL": installation.server.url})):
        verdict = await audit_chain.verify_chain(build_seal_config(own))
    remembered = [] if verdict.is_remembered else ["the program remembers no head of the record"]
    return remembered + [f"the record: {fault.sentence}" for fault in verdict.faults]
