"""Deliveries of webhooks: who signed them, when, and what they say."""

import ast
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import shareable_backlog
from shareable_backlog.config import Secret
from shareable_backlog.errors import InvalidInput
from shareable_backlog.linear import webhooks
from shareable_backlog.linear.checking import check_nodes
from shareable_backlog.linear.nodes import make_node_type
from shareable_backlog.linear.webhooks import Delivery, DeliveryRefused, verify_delivery
from shareable_backlog.streams import DELIVERED
from tests.fakes.linear import World
from tests.fakes.linear.webhooks import ROOTS, delivery

SECRET, OTHER = "lin_wh_0tests0secret0one", "lin_wh_0tests0secret0two"
NOW = datetime(2026, 2, 6, 12, tzinfo=UTC)
ID = "7d4f8a52-0000-4000-8000-000000000001"


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def event(**fields: Any) -> bytes:
    """Write a delivery of now; what is None is left out."""
    whole = {
        "action": "update",
        "type": "Issue",
        "data": {"id": ID, "title": "A title"},
        "webhookTimestamp": NOW.timestamp() * 1000,
        "createdAt": NOW.isoformat(),
    }
    return json.dumps({name: value for name, value in (whole | fields).items() if value is not None}).encode()


def read(body: bytes, *signatures: str, secrets: tuple[str, ...] = (SECRET,), now: datetime = NOW) -> Delivery:
    return verify_delivery(body, signatures or (signed(body),), tuple(map(Secret, secrets)), now)


def test_a_signed_delivery_of_now_is_read() -> None:
    found = read(event())
    assert (found.type, found.action, found.entity_id, found.happened_at) == ("Issue", "update", ID, NOW)
    assert json.loads(found.node or "") == {"id": ID, "title": "A title"}


@pytest.mark.parametrize(
    "signatures",
    [
        ("",),
        ("0" * 64,),
        (signed(event()).upper(),),
        (signed(event())[:63],),
        (signed(event()) + "0",),
        (f"sha256={signed(event())}",),
        (f" {signed(event())}",),
        ("é" * 64,),
        ("\udcff" * 64,),
        ("\x00" * 64,),
        (signed(event(), OTHER),),
        (signed(event()), signed(event())),
    ],
)
def test_any_other_signature_is_refused(signatures: tuple[str, ...]) -> None:
    with pytest.raises(DeliveryRefused, match="signature"):
        read(event(), *signatures)


def test_a_delivery_without_a_signature_is_refused() -> None:
    with pytest.raises(DeliveryRefused, match="signature"):
        verify_delivery(event(), [], [Secret(SECRET)], NOW)


def test_nothing_is_parsed_before_the_signature_is_known_to_be_right() -> None:
    with pytest.raises(DeliveryRefused, match="signature"):
        read(b"{not json", "0" * 64)


def test_a_body_that_was_written_anew_is_refused() -> None:
    body = event()
    with pytest.raises(DeliveryRefused, match="signature"):
        read(json.dumps(json.loads(body), indent=1).encode(), signed(body))


def test_while_a_secret_is_being_changed_both_are_taken_and_afterwards_only_the_new_one() -> None:
    body = event()
    for secret in (SECRET, OTHER):
        assert read(body, signed(body, secret), secrets=(SECRET, OTHER)).entity_id == ID
    with pytest.raises(DeliveryRefused, match="signature"):
        read(body, signed(body, SECRET), secrets=(OTHER,))


@pytest.mark.parametrize("seconds", [-61, 61, -600, 600, -3600])
def test_a_delivery_of_another_minute_is_refused(seconds: int) -> None:
    with pytest.raises(DeliveryRefused, match="not sent within the last minute"):
        read(event(), now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-60, 0, 60])
def test_a_delivery_may_be_a_minute_old_and_a_clock_a_minute_wrong(seconds: int) -> None:
    assert read(event(), now=NOW + timedelta(seconds=seconds)).entity_id == ID


@pytest.mark.parametrize("timestamp", [None, "1770379200000", -1, 0, 1e30, -1e30, 1e308, True, [], {}])
def test_a_delivery_without_a_time_that_is_one_is_refused(timestamp: object) -> None:
    with pytest.raises(DeliveryRefused, match="not sent within the last minute"):
        read(event(webhookTimestamp=timestamp))


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1e999"])
def test_a_time_that_is_not_finite_is_refused(number: bytes) -> None:
    with pytest.raises(DeliveryRefused, match="not sent within the last minute"):
        read(b'{"webhookTimestamp":' + number + b"}")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe{}", b"[" * 20_000, b'{"a":' * 20_000])
def test_what_is_no_json_object_is_invalid(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="not a JSON object"):
        read(body)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"type": "Reaction"}, "nothing of this type"),
        ({"type": "Team"}, "nothing of this type"),
        ({"type": None}, "nothing of this type"),
        ({"type": ["Issue"]}, "nothing of this type"),
        ({"action": "set"}, "action"),
        ({"action": None}, "action"),
        ({"data": None}, "UUID"),
        ({"data": [ID]}, "UUID"),
        ({"data": {"title": "A title"}}, "UUID"),
        ({"data": {"id": 7}}, "UUID"),
        ({"data": {"id": "ENG-1"}}, "UUID"),
        ({"data": {"id": "csv-ENG-1"}}, "UUID"),
        ({"data": {"id": ID.replace("-", "")}}, "UUID"),
    ],
)
def test_what_the_mirror_has_no_use_for_is_ignored_with_a_reason(fields: dict[str, Any], reason: str) -> None:
    found = read(event(**fields))
    assert found.ignored is not None
    assert reason in found.ignored
    assert (found.entity_id, found.node) == (None, None)


def test_names_of_any_length_and_kind_are_cut_to_what_can_be_stored() -> None:
    found = read(event(type="\x00" + "x" * 1000, action="y" * 1000))
    assert (found.type, found.action) == ("x" * 49, "y" * 50)


def test_a_removal_tells_nothing_but_the_id() -> None:
    found = read(event(action="remove"))
    assert (found.entity_id, found.node, found.ignored) == (ID, None, None)


def test_a_delivery_that_is_sent_again_is_no_newer_for_that() -> None:
    assert read(event(createdAt="2026-02-06T11:00:00.000Z")).happened_at == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    "created_at", [None, "yesterday", 7, "2026-02-06T13:00:00Z", "2026-02-06", "0001-01-01T00:00:00Z"]
)
def test_a_change_is_never_newer_than_its_delivery(created_at: object) -> None:
    assert read(event(createdAt=created_at)).happened_at == NOW


def told(data: dict[str, Any], type_: str = "Issue", **fields: Any) -> dict[str, Any]:
    found = read(event(type=type_, data={"id": ID, **data}, **fields))
    assert found.node is not None
    return {name: value for name, value in json.loads(found.node).items() if name != "id"}


def test_a_reference_is_nested_as_in_lists() -> None:
    assert told({"teamId": "t", "assigneeId": None}) == {"team": {"id": "t"}, "assignee": None}


def test_a_reference_without_its_id_is_taken_from_the_object_beside_it() -> None:
    assert told({"state": {"id": "s", "name": "Done"}}) == {"state": {"id": "s"}}


def test_what_is_left_out_is_not_told() -> None:
    assert told({"title": "A title"}) == {"title": "A title"}


def test_what_is_left_out_after_it_changed_is_empty() -> None:
    before = {"assigneeId": "somebody", "dueDate": "2026-02-06", "boardOrder": 3}
    assert told({}, updatedFrom=before) == {"assignee": None, "dueDate": None}


def test_what_deliveries_never_tell_is_not_known_although_it_changed() -> None:
    before = {"content": "# Before", "targetDate": "2026-02-06", "progress": 0.5}
    assert told({"name": "Homes"}, "Initiative", updatedFrom=before) == {"name": "Homes", "targetDate": None}
    assert told({"name": "Roof"}, "Project", updatedFrom=before) == {
        "name": "Roof",
        "content": None,
        "targetDate": None,
    }


def test_nothing_is_kept_but_what_the_mirror_shows() -> None:
    data = {"email": "alice@example.com", "name": "Alice", "assignee": {"email": "bob@example.com"}}
    assert told(data, "User") == {"name": "Alice"}


def test_half_a_surrogate_pair_and_nul_can_be_stored() -> None:
    body = event().replace(b"A title", rb"a\ud800b\u0000c")
    node = read(body).node
    assert node is not None
    assert "\x00" not in node
    assert json.loads(node)["title"] == "a\ufffdb\x00c"


@pytest.mark.parametrize("type_", DELIVERED)
def test_what_linear_posts_is_a_node_as_its_lists_give_it(type_: str) -> None:
    world = World()
    rows = {one: world.add_one(root) for one, root in ROOTS.items()} | {
        "Initiative": world.add_initiative("An initiative", owner=world.viewer["id"]),
        "Comment": world.add_comment(world.add_issue(), user=world.viewer["id"]),
        "User": world.viewer,
    }
    assert DELIVERED.keys() == ROOTS.keys()
    headers, body = delivery(world, "update", type_, rows[type_], secret=SECRET)
    found = verify_delivery(body, [headers["Linear-Signature"]], [Secret(SECRET)], datetime.now(UTC))
    assert (found.type, found.entity_id, found.ignored) == (type_, rows[type_]["id"], None)
    assert found.node is not None
    [node], bad = check_nodes(make_node_type(DELIVERED[type_]), [json.loads(found.node)])
    assert (bad, node.id) == ([], rows[type_]["id"])
    assert "example.com" not in json.dumps({**json.loads(found.node), "url": ""})


def comparisons() -> Iterator[tuple[str, str]]:
    """Yield every `==`, `!=` and `in` of the program, as text, with its file."""
    for path in Path(shareable_backlog.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq, ast.In, ast.NotIn)):
                yield path.name, ast.unparse(node)


@pytest.mark.slow
def test_no_digest_is_compared_in_a_time_that_tells_of_it() -> None:
    words = ("digest", "signature", "hmac")
    found = [(name, text) for name, text in comparisons() if any(word in text.lower() for word in words)]
    # How many there are, and checksums of files: no secrets.
    harmless = {"len(signatures) != 1", "hashlib.sha256(content).digest() != checksum"}
    assert [one for one in found if one[1] not in harmless] == []
    assert "compare_digest" in Path(webhooks.__file__).read_text(encoding="utf-8")
