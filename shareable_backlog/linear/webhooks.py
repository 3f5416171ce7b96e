"""Read what Linear's webhooks post: who sent it, when, and what it says of which row."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast, get_args
from uuid import UUID

import msgspec
from msgspec import Struct

from shareable_backlog.config import Secret
from shareable_backlog.errors import BacklogError, InvalidInput
from shareable_backlog.linear.connection import lenient_json
from shareable_backlog.linear.nodes import FIRST_YEAR
from shareable_backlog.streams import DELIVERED
from shareable_backlog.streams.columns import Time
from shareable_backlog.streams.stream import Stream

FRESH_FOR = timedelta(seconds=60)
"""How far the time of a delivery may be from now, either way."""

_LONGEST_NAME = 50


class DeliveryRefused(BacklogError):
    """Why a delivery is not believed to come from Linear just now; nothing of it was used."""

    code = "DELIVERY_REFUSED"


class Delivery(Struct, frozen=True):
    """What a delivery says; with a reason in `ignored` the mirror has no use for it.

    `node` is JSON: those fields of the row, named and nested as in Linear's lists, that the delivery tells; None for
    a removal. `happened_at` is when the change was made, by the clock of Linear.
    """

    type: str
    action: str
    happened_at: datetime
    entity_id: str | None = None
    node: str | None = None
    ignored: str | None = None


def verify_delivery(body: bytes, signatures: Sequence[str], secrets: Sequence[Secret], now: datetime) -> Delivery:
    """Return what a delivery says; nothing of `body` is parsed before its signature is known to be right.

    `signatures` are the values of its header: there must be one, made with one of `secrets` over just these bytes.
    Raises DeliveryRefused, also when it is not of this minute, and InvalidInput for what is no delivery at all.
    """
    if len(signatures) != 1 or not _is_signed(body, signatures[0], secrets):
        raise DeliveryRefused("The signature is missing or wrong, so the delivery was ignored.")
    event = _parse_event(body)
    sent_at = _parse_instant(event.get("webhookTimestamp"))
    if sent_at is None or abs(now - sent_at) > FRESH_FOR:
        raise DeliveryRefused(
            "The delivery was not sent within the last minute, so it was ignored."
            " If it was, this machine's clock is wrong."
        )
    return _build_delivery(event, sent_at)


def _is_signed(body: bytes, signature: str, secrets: Sequence[Secret]) -> bool:
    given = signature.encode("utf-8", "replace")
    right = [hmac.digest(secret.reveal().encode(), body, "sha256").hex().encode() for secret in secrets]
    # Each is compared: the time that it takes does not tell which secret it was.
    return any([hmac.compare_digest(given, one) for one in right])  # noqa: C419 (for just that)


def _parse_event(body: bytes) -> dict[str, Any]:
    try:
        event = lenient_json.parse_json(body)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise InvalidInput("The delivery is not a JSON object.")
    return cast("dict[str, Any]", event)


def _parse_instant(milliseconds: object) -> datetime | None:
    """Return the time, None for what is none."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _build_delivery(event: Mapping[str, Any], sent_at: datetime) -> Delivery:
    type_, action = _read_name(event.get("type")), _read_name(event.get("action"))
    data: object = event.get("data")
    id_ = cast("dict[str, Any]", data).get("id") if isinstance(data, dict) else None
    happened_at = min(sent_at, _read_created_at(event) or sent_at)
    stream = DELIVERED.get(type_)
    if stream is None:
        return Delivery(type_, action, happened_at, ignored="The mirror holds nothing of this type.")
    if action not in get_args(_Action):
        return Delivery(type_, action, happened_at, ignored="The action is not known.")
    if not _is_uuid(id_):
        return Delivery(type_, action, happened_at, ignored="It does not name the row by a UUID.")
    if action == "remove":
        return Delivery(type_, action, happened_at, id_)
    node = _build_node(stream, cast("dict[str, Any]", data), _read_previous_values(event))
    return Delivery(type_, action, happened_at, id_, msgspec.json.encode(node).decode())


_Action = Literal["create", "update", "remove"]


def _read_name(value: object) -> str:
    return value[:_LONGEST_NAME].replace("\x00", "") if isinstance(value, str) else ""


def _read_created_at(event: Mapping[str, Any]) -> datetime | None:
    """Return when the change was made: a delivery that is sent again may be of now, and is not newer for that."""
    try:
        created_at = msgspec.convert(event.get("createdAt"), Time)
    except msgspec.ValidationError:
        return None
    return created_at if created_at.year >= FIRST_YEAR else None


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def _read_previous_values(event: Mapping[str, Any]) -> Mapping[str, Any]:
    before = event.get("updatedFrom")
    return cast("dict[str, Any]", before) if isinstance(before, dict) else {}


def _build_node(stream: Stream, data: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return those fields that the delivery tells: what it leaves out is null if it changed, and else not known.

    So is what deliveries never tell.
    """
    told: dict[str, Any] = {}
    for column in stream.columns:
        name = column.key
        id_name = f"{name}Id" if column.is_reference else name  # deliveries name a reference by its id
        if id_name in data:
            is_named = column.is_reference and data[id_name] is not None
            told[name] = {"id": data[id_name]} if is_named else data[id_name]
        elif isinstance(data.get(name), dict):  # the object that stands beside, or in place of, its id
            told[name] = {"id": data[name].get("id")}
        elif column.name not in stream.undelivered and (id_name in changed or name in changed):
            told[name] = None
    return told
