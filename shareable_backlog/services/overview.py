"""Tell in one look how the product is: its people, its mirror, its mails, its versions."""

from collections.abc import Mapping

from msgspec import Struct

from shareable_backlog.database import overview
from shareable_backlog.database.access import label_offers
from shareable_backlog.database.access.users import UserState
from shareable_backlog.database.mail.outgoing_mails import OutboxState
from shareable_backlog.database.mirror import mirror, sync_history
from shareable_backlog.database.mirror.sync_history import SyncRun
from shareable_backlog.database.overview import DatabaseServer
from shareable_backlog.services.access.sessions import SessionLimits
from shareable_backlog.services.mail import outbox


class Overview(Struct, frozen=True):
    """What the overview tells; `failed` is the newest run when it failed, `shown` of `items` are shown.

    No admin has decided of `labels_waiting` labels.
    `held_back` is the number of rows that a full sync found gone and that an admin has to confirm, 0 for none;
    `mails` is None without a mail server.
    """

    people: Mapping[UserState, int]
    sessions: int
    failed: SyncRun | None
    held_back: int
    items: int
    shown: int
    labels_waiting: int
    mails: OutboxState | None
    server: DatabaseServer


async def read_overview(limits: SessionLimits, *, has_mail: bool) -> Overview:
    """Return what the overview tells. Raises DatabaseUnavailable."""
    last, swept = await sync_history.find_last_ended_run(), await sync_history.find_last_sweep()
    return Overview(
        people=await overview.count_people_by_state(),
        sessions=await overview.count_sessions(limits.idle_hours, limits.max_days),
        failed=last if last and last.status == "failed" else None,
        held_back=swept.gone if swept else 0,
        items=await mirror.count_items(),
        shown=await overview.count_shown_items(),
        labels_waiting=await label_offers.count_waiting(),
        mails=await outbox.read_state() if has_mail else None,
        server=await overview.read_server(),
    )
