"""Record who did what, in the transaction of the act: what can't be recorded is not done."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct

from shareable_backlog.database.audit import audit_logs
from shareable_backlog.database.connection.transaction import Transaction

_LONGEST_ADDRESS = 45
_LONGEST_USER_AGENT = 300
_LONGEST_RESOURCE_ID = 255
_LONGEST_DETAILS = 20_000
# After an even number of backslashes; after an odd one they are text.
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class Action(StrEnum):
    """Everything that is recorded, as `what.happened`."""

    SIGN_IN_ASKED = "sign_in.asked"
    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_REFUSED = "sign_in.refused"
    CODES_CLOSED = "codes.closed"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_REMOVED = "passkey.removed"
    PASSKEY_USED = "passkey.used"
    PASSKEY_REFUSED = "passkey.refused"
    SESSION_ENDED = "session.ended"
    SESSION_REVOKED = "session.revoked"
    SESSIONS_FLUSHED = "sessions.flushed"
    NETWORK_REFUSED = "network.refused"
    ACCESS_ASKED = "access.asked"
    ACCESS_REFUSED = "access.refused"
    PERSON_CREATED = "person.created"
    PERSON_INVITED = "person.invited"
    INVITATION_REPEATED = "invitation.repeated"
    INVITATION_WITHDRAWN = "invitation.withdrawn"
    PERSON_APPROVED = "person.approved"
    PERSON_DECLINED = "person.declined"
    PERSON_DISABLED = "person.disabled"
    PERSON_RESTORED = "person.restored"
    PERSON_PROMOTED = "person.promoted"
    PERSON_DEMOTED = "person.demoted"
    PERSON_JOINED_TEAM = "person.joined_team"
    PERSON_LEFT_TEAM = "person.left_team"
    PERSON_CHANGED = "person.changed"
    PERSON_DELETED = "person.deleted"
    PEOPLE_EXPORTED = "people.exported"
    VIEW_AS_STARTED = "view_as.started"
    VIEW_AS_STOPPED = "view_as.stopped"
    SEARCH_IN_VAIN = "search.in_vain"
    ITEM_VIEWED = "item.viewed"
    EXPORT_MADE = "export.made"
    SHARING_CHANGED = "sharing.changed"
    LABELS_REVIEWED = "labels.reviewed"
    SETTINGS_CHANGED = "settings.changed"
    AGENDA_KEPT = "agenda.kept"
    AGENDA_DELETED = "agenda.deleted"
    DONE_RENAMED = "done.renamed"
    GROUP_CREATED = "group.created"
    GROUP_CHANGED = "group.changed"
    GROUP_DELETED = "group.deleted"
    VIEW_PUBLISHED = "view.published"
    VIEW_CHANGED = "view.changed"
    VIEW_UNPUBLISHED = "view.unpublished"
    SYNC_REQUESTED = "sync.requested"
    SYNC_REMOVALS_CONFIRMED = "sync.removals_confirmed"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_PRUNED = "audit.pruned"
    TOKEN_CREATED = "token.created"  # noqa: S105 (an act, not a secret)
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 (the same)

    @property
    def is_admin_action(self) -> bool:
        """Return whether only admins and the operator can do it."""
        return self not in _EVERYBODYS


_EVERYBODYS = {
    Action.SIGN_IN_ASKED,
    Action.SIGN_IN_SUCCEEDED,
    Action.SIGN_IN_REFUSED,
    Action.CODES_CLOSED,
    Action.PASSKEY_ADDED,
    Action.PASSKEY_REMOVED,
    Action.PASSKEY_USED,
    Action.PASSKEY_REFUSED,
    Action.SESSION_ENDED,
    Action.SESSION_REVOKED,
    Action.NETWORK_REFUSED,
    Action.ACCESS_ASKED,
    Action.ACCESS_REFUSED,
    Action.PERSON_CREATED,
    Action.SEARCH_IN_VAIN,
    Action.ITEM_VIEWED,
    Action.EXPORT_MADE,
    Action.AGENDA_KEPT,
    Action.TOKEN_CREATED,
    Action.TOKEN_REVOKED,
}


class Actor(Struct, frozen=True):
    """Whoever acts; all None is somebody of whom nothing is known."""

    user_id: int | None
    email: str | None
    ip_address: str | None
    user_agent: str | None


OPERATOR = Actor(None, "operator", None, None)
"""Whoever runs the command line."""


async def record(
    tx: Transaction | None,
    actor: Actor,
    action: Action,
    *,
    resource: str | None = None,
    resource_id: str | None = None,
    details: Mapping[str, object] | None = None,
    refused: bool = False,
) -> None:
    """Record an act in its own transaction, which fails when this does. None: the act changes nothing else.

    `resource` and `resource_id` say on what; `details` is anything that JSON can say, cut when it is very long. A
    deleted person can't be recorded as the actor, so their last act is recorded before the deletion.
    """
    # Without a transaction the row is one statement, which holds its connection for one round trip instead of three.
    await audit_logs.record_entry(
        tx,
        {
            "user_id": actor.user_id,
            "actor_email": _clean_text(actor.email),
            "action": action.value,
            "resource": resource,
            "resource_id": _clean_text(resource_id, _LONGEST_RESOURCE_ID),
            "details": _encode_details(details or {}),
            "ip_address": _clean_text(actor.ip_address, _LONGEST_ADDRESS),
            "user_agent": _clean_text(actor.user_agent, _LONGEST_USER_AGENT),
            "is_admin_action": action.is_admin_action,
            "outcome": "refused" if refused else "done",
        },
    )


def _clean_text(text: str | None, longest: int | None = None) -> str | None:
    """Return `text` without what PostgreSQL stores in no column: NUL and halves of surrogate pairs."""
    return text and text.replace("\x00", "�").encode("utf-8", "replace").decode()[:longest]


def _encode_details(details: Mapping[str, object]) -> str:
    """Return `details` as JSON without NUL, which jsonb can't hold; of what is too long, its beginning."""
    text = json.dumps(msgspec.to_builtins(details), ensure_ascii=False)
    text = _clean_text(_ESCAPED_NUL.sub(r"\1�", text)) or ""
    return text if len(text) <= _LONGEST_DETAILS else json.dumps({"cut": text[:_LONGEST_DETAILS]}, ensure_ascii=False)
