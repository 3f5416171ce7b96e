"""The words of the audit log's page."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shareable_backlog.controllers.admin.audit_sentences import PHRASES, describe_action, describe_entry
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.audit.audit_log import AuditEntry


def entry(action: str, resource: str | None = None, id_: str | None = None, details: Any = None) -> AuditEntry:
    return AuditEntry(
        id=1,
        actor_id=2,
        actor_email="alice@example.com",
        action=action,
        resource=resource,
        resource_id=id_,
        details=details,
        ip_address=None,
        user_agent=None,
        is_admin_action=True,
        outcome="done",
        created_at=datetime(2026, 11, 4, tzinfo=UTC),
    )


def read(row: AuditEntry) -> str:
    said = describe_entry(row, {"7": "bob@example.com"})
    return " ".join(filter(None, (said.before, said.object_name, said.after)))


@pytest.mark.parametrize("action", Action)
def test_every_action_has_words_of_its_own(action: Action) -> None:
    assert action in PHRASES
    assert "." not in describe_action(action)
    assert action.value not in read(entry(action.value))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (entry("person.promoted", "user", "7"), "made bob@example.com an admin"),
        (entry("person.deleted", "user", "9", {"email": "carol@example.com"}), "deleted carol@example.com"),
        (entry("item.viewed", "backlog_item", "ENG-1"), "looked at item ENG-1"),
        (entry("group.changed", "group", "3", {"before": {"name": "Old"}, "after": {"name": "New"}}),
         "changed the group Old"),
        (entry("group.deleted", "group", "3"), "deleted the group 3"),
        (entry("token.revoked", "api_token", "5", {"name": "Sheet"}), "revoked the token Sheet"),
        (entry("sync.requested", "sync_run", "12"), "requested sync run 12"),
        (entry("bygone.act", "thing", "1"), "bygone.act 1"),
    ],
)  # fmt: skip
def test_it_says_who_did_what_to_whom(row: AuditEntry, sentence: str) -> None:
    assert read(row) == sentence


def test_only_what_changed_is_told_and_what_is_said_is_not_said_twice() -> None:
    states = {"before": {"state": "pending", "sees": ["A"]}, "after": {"state": "active", "sees": ["A"]}}
    said = describe_entry(entry("person.approved", "user", "7", {"email": "bob@example.com", **states}), {})
    assert (said.changes, said.facts) == ([("state", "pending", "active")], [])


def test_other_details_are_told_shortened() -> None:
    said = describe_entry(entry("export.made", details={"kind": "csv", "q": "x" * 600, "full": True}), {})
    assert said.facts == [("kind", "csv"), ("q", "x" * 500 + " …"), ("full", "yes")]
