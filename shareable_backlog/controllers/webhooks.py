"""Answer `/webhooks/linear`: what Linear posts when something has changed there."""

import asyncio
import re
from hashlib import sha256

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.config import Secret
from shareable_backlog.linear import webhooks
from shareable_backlog.services.mirror import deliveries
from shareable_backlog.services.mirror.deliveries import NewDelivery

_LARGEST_BODY = 5 * 2**20
BODY_WITHIN_S = 20.0
"""How long a delivery may take to arrive: less than web.patience gives, so that it is told."""
_ID = re.compile(r"[!-~]{1,100}")
_CLOSE = {"Connection": "close"}  # else the rest of the body would be read, and thrown away


async def receive_delivery(request: Request) -> Response:
    """Answer 200 once the delivery is stored; until the database takes it 503, so that Linear sends it again.

    Without LINEAR_WEBHOOK_SECRETS there is nothing here.
    """
    secrets: tuple[Secret, ...] = request.app.state.webhook_secrets
    if not secrets:
        raise HTTPException(404)
    body = await _read_body(request)
    signatures = request.headers.getlist("linear-signature")
    delivery = webhooks.verify_delivery(body, signatures, secrets, clock.read_time())
    body_hash = sha256(body)
    new = NewDelivery(
        id=_read_delivery_id(request, body_hash.hexdigest()),
        body_hash=body_hash.digest(),
        type=delivery.type,
        action=delivery.action,
        happened_at=delivery.happened_at,
        entity_id=delivery.entity_id,
        node=delivery.node,
        ignored=delivery.ignored,
    )
    await deliveries.accept_delivery(request.app.state.inbox, new)
    return Response()


async def _read_body(request: Request) -> bytes:
    """Read the body as it was sent, and no more of it than a delivery may have."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise HTTPException(415, headers=_CLOSE)
    if int(request.headers.get("content-length", 0)) > _LARGEST_BODY:
        raise HTTPException(413, headers=_CLOSE)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LARGEST_BODY:
                    raise HTTPException(413, headers=_CLOSE)
    except TimeoutError:
        raise HTTPException(408, headers=_CLOSE) from None
    except ClientDisconnect:
        raise HTTPException(400) from None  # nobody reads it
    return bytes(body)


def _read_delivery_id(request: Request, otherwise: str) -> str:
    """Return Linear's id of the delivery, the same when it is sent again, or `otherwise`; it is signed by nobody."""
    given = request.headers.get("linear-delivery", "")
    return given if _ID.fullmatch(given) else otherwise
