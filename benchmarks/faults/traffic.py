"""Let people read and act, and Linear change and post, while a fault comes; note what was promised to whom."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpx2

from benchmarks.faults.installation import WEBHOOK_SECRET, Installation, Lost
from benchmarks.faults.plan import Plan, Step
from tests.fakes.linear import Fault, Row, delivery
from tests.support.signed_in import cookies, csrf
from tests.sync.model import changes

_ANSWERED_WITHIN_S = 90.0


@dataclass(frozen=True, slots=True)
class Act:
    """What an admin did under a name that nothing else has; `status` None where no answer came."""

    kind: str
    name: str
    status: int | None


@dataclass(slots=True)
class Delivery:
    """A post about an issue as it was, which Linear sends again, under its id, until the answer is 200."""

    id: str
    issue: Row
    statuses: list[int | None] = field(default_factory=list[int | None])


@dataclass(slots=True)
class Ledger:
    """All that was asked of the program in a round, and what it answered."""

    acts: list[Act] = field(default_factory=list[Act])
    deliveries: list[Delivery] = field(default_factory=list[Delivery])
    losses: list[str] = field(default_factory=list[str])
    """What the fault itself saw going wrong."""
    reads: list[tuple[str, int | None]] = field(default_factory=list[tuple[str, int | None]])


async def play(installation: Installation, plan: Plan, fault: Callable[[], None]) -> Ledger:
    """Play a round to its end: the steps, and the fault among them."""
    ledger = Ledger()
    linear = installation.linear
    linear.delay_s = plan.linear_takes_s
    if plan.halvings:
        linear.fail_next(Fault.TOO_COMPLEX, times=plan.halvings)
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=installation.address, timeout=_ANSWERED_WITHIN_S, limits=limits) as client:
        await ask_for_sync(client, is_full=plan.is_full)
        async with asyncio.TaskGroup() as group:
            group.create_task(_break_at(plan.fault_at_s, fault, ledger))
            for step in plan.steps:
                group.create_task(_take(installation, client, step, ledger))
    linear.delay_s = 0
    return ledger


async def _break_at(at_s: float, fault: Callable[[], None], ledger: Ledger) -> None:
    await asyncio.sleep(at_s)
    try:
        await asyncio.to_thread(fault)
    except Lost as lost:
        ledger.losses.append(str(lost))


async def _take(installation: Installation, client: httpx2.AsyncClient, step: Step, ledger: Ledger) -> None:
    await asyncio.sleep(step.at_s)
    match step.kind:
        case "change":
            changes.apply(installation.linear.world, step.change)
        case "read":
            answer = await _ask(client.get(step.page, headers=_build_headers("bob")))
            ledger.reads.append((step.page, answer))
        case "act":
            ledger.acts.append(await _act(client, step))
        case "deliver":
            ledger.deliveries.append(await _deliver(installation, client, step))


async def _act(client: httpx2.AsyncClient, step: Step) -> Act:
    if step.act == "person":
        path, fields = "/admin/people", {"email": f"{step.name}@example.com", "sees": "nothing"}
    else:
        path, fields = "/account/tokens", {"name": step.name, "right": "items"}
    return Act(step.act, step.name, await _post_form(client, path, fields))


async def ask_for_sync(client: httpx2.AsyncClient, *, is_full: bool) -> int | None:
    """Ask for a run, as an admin does."""
    return await _post_form(client, "/admin/sync", {"kind": "full" if is_full else "changes"})


async def _post_form(client: httpx2.AsyncClient, path: str, fields: Mapping[str, str]) -> int | None:
    headers = _build_headers("alice") | {"Origin": str(client.base_url).rstrip("/")}
    return await _ask(client.post(path, data={"csrf": csrf("alice"), **fields}, headers=headers))


async def _deliver(installation: Installation, client: httpx2.AsyncClient, step: Step) -> Delivery:
    """Change an issue and post that, as Linear does."""
    world = installation.linear.world
    with world.lock:
        issues = list(world.rows["issues"].values())
        issue = issues[step.change[2] % len(issues)]
        world.edit(issue, title=f"Told {world.version}")
        made = Delivery(step.name, dict(issue))
    await send(installation, client, made)
    return made


async def send(installation: Installation, client: httpx2.AsyncClient, one: Delivery) -> None:
    """Post a delivery as of now, and note what is answered."""
    world = installation.linear.world
    with world.lock:
        headers, body = delivery(world, "update", "Issue", one.issue, secret=WEBHOOK_SECRET, id=one.id)
    one.statuses.append(await _ask(client.post("/webhooks/linear", content=body, headers=headers)))


async def _ask(asking: Awaitable[httpx2.Response]) -> int | None:
    try:
        return (await asking).status_code
    except httpx2.HTTPError:
        return None


def _build_headers(persona: str) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies(persona).items())}
