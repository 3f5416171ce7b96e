"""Say a row of the audit log as a sentence: who did what to whom, and what changed. The export has the row itself."""

from collections.abc import Iterator, Mapping
from typing import Final, cast

from msgspec import Struct

from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.audit.audit_log import AuditEntry

_LONGEST_SHOWN = 500

PHRASES: Final[Mapping[Action, str]] = {
    Action.SIGN_IN_ASKED: "asked for a link to sign in",
    Action.SIGN_IN_SUCCEEDED: "signed in",
    Action.SIGN_IN_REFUSED: "could not sign in",
    Action.CODES_CLOSED: "had too many wrong codes typed for {}",
    Action.PASSKEY_ADDED: "added a passkey for {}",
    Action.PASSKEY_REMOVED: "removed a passkey of {}",
    Action.PASSKEY_USED: "used the passkey {}",
    Action.PASSKEY_REFUSED: "showed a passkey that was not accepted",
    Action.SESSION_ENDED: "signed out",
    Action.SESSION_REVOKED: "ended a session of {}",
    Action.SESSIONS_FLUSHED: "ended everybody's sessions",
    Action.NETWORK_REFUSED: "came from a network that is not allowed",
    Action.ACCESS_ASKED: "left a note for the admins",
    Action.ACCESS_REFUSED: "asked for what they may not see or do",
    Action.PERSON_CREATED: "added {}",
    Action.PERSON_INVITED: "invited {}",
    Action.INVITATION_REPEATED: "sent the invitation of {} again",
    Action.INVITATION_WITHDRAWN: "withdrew the invitation of {}",
    Action.PERSON_APPROVED: "approved {}",
    Action.PERSON_DECLINED: "declined {}",
    Action.PERSON_DISABLED: "disabled {}",
    Action.PERSON_RESTORED: "restored {}",
    Action.PERSON_PROMOTED: "made {} an admin",
    Action.PERSON_DEMOTED: "took the admin's rights of {}",
    Action.PERSON_JOINED_TEAM: "made {} a team member",
    Action.PERSON_LEFT_TEAM: "made {} a reader, no team member any more",
    Action.PERSON_CHANGED: "changed {}",
    Action.PERSON_DELETED: "deleted {}",
    Action.PEOPLE_EXPORTED: "exported the list of people",
    Action.VIEW_AS_STARTED: "looked at the backlog as {}",
    Action.VIEW_AS_STOPPED: "stopped looking as {}",
    Action.SEARCH_IN_VAIN: "searched in vain",
    Action.ITEM_VIEWED: "looked at {}",
    Action.EXPORT_MADE: "exported items",
    Action.SHARING_CHANGED: "changed what is shown",
    Action.LABELS_REVIEWED: "decided which labels people read",
    Action.SETTINGS_CHANGED: "changed the settings",
    Action.AGENDA_KEPT: "kept the agenda of {}",
    Action.AGENDA_DELETED: "deleted the kept agenda of {}",
    Action.DONE_RENAMED: "changed what {} is called among what is done",
    Action.GROUP_CREATED: "created the group {}",
    Action.GROUP_CHANGED: "changed the group {}",
    Action.GROUP_DELETED: "deleted the group {}",
    Action.VIEW_PUBLISHED: "published the view {}",
    Action.VIEW_CHANGED: "changed the published view {}",
    Action.VIEW_UNPUBLISHED: "unpublished the view {}",
    Action.SYNC_REQUESTED: "requested {}",
    Action.SYNC_REMOVALS_CONFIRMED: "confirmed what is gone from Linear: {}",
    Action.AUDIT_READ: "read this record",
    Action.AUDIT_EXPORTED: "exported this record",
    Action.AUDIT_PRUNED: "deleted old rows of this record",
    Action.TOKEN_CREATED: "created the token {}",
    Action.TOKEN_REVOKED: "revoked the token {}",
}
"""What somebody did, as it goes on after their name; `{}` stands for the name of what it was done to."""


class AuditSentence(Struct, frozen=True, kw_only=True):
    """A row as it is read: `object_url` leads to what it was done to, None where there is no page of it.

    `changes` are names with the value before and after, `facts` are other details with theirs.
    """

    before: str
    object_name: str
    object_url: str | None
    after: str
    changes: list[tuple[str, str, str]]
    facts: list[tuple[str, str]]


def describe_action(action: str) -> str:
    """Return an action in words, for a list to choose from; one that no longer exists as it is."""
    phrase = PHRASES[Action(action)] if action in set(Action) else action
    words = phrase.replace("{}", "…").removesuffix(" …")
    return words[:1].upper() + words[1:]


def describe_entry(row: AuditEntry, emails: Mapping[str, str]) -> AuditSentence:
    """Return a row in words; `emails` names the people that there are by their ids."""
    phrase = PHRASES[Action(row.action)] if row.action in set(Action) else f"{row.action} {{}}"
    before, has_object, after = phrase.partition("{}")
    details = _read_details(row.details)
    old, new = _read_details(details.pop("before", None)), _read_details(details.pop("after", None))
    name = _name_object(row, details, old, emails) if has_object else ""
    if has_object:
        details = {key: value for key, value in details.items() if _format_value(value) != name}
    return AuditSentence(
        before=before.strip(),
        object_name=name,
        object_url=_find_url(row, emails) if name else None,
        after=after.strip(),
        changes=list(_list_changes(old, new)),
        facts=[
            (key.replace("_", " "), _shorten(_format_value(value)))
            for key, value in details.items()
            if value is not None
        ],
    )


def _read_details(value: object) -> dict[str, object]:
    return dict(cast("dict[str, object]", value)) if isinstance(value, dict) else {"details": value} if value else {}


def _name_object(
    row: AuditEntry, details: Mapping[str, object], old: Mapping[str, object], emails: Mapping[str, str]
) -> str:
    """Return the name of what was acted on; what has none any more goes by its number."""
    id_ = row.resource_id or ""
    match row.resource:
        case "user":
            return str(details.get("email") or emails.get(id_) or f"a person who is gone ({id_})")
        case "backlog_item" | "item":
            return f"item {id_}"
        case "sync_run":
            return f"sync run {id_}"
        case _:
            names = details.get("name") or old.get("name") or details.get("email")
            return str(names or id_ or row.resource or "")


def _find_url(row: AuditEntry, emails: Mapping[str, str]) -> str | None:
    match row.resource, row.resource_id:
        case "user", str(id_) if id_ in emails:
            return f"/admin/people/{id_}"
        case "sync_run", str(id_) if id_.isdecimal():
            return f"/admin/sync/{id_}"
        case _:
            return None


def _list_changes(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Yield what was otherwise before."""
    for name in dict.fromkeys([*old, *new]):
        was, is_ = _shorten(_format_value(old.get(name))), _shorten(_format_value(new.get(name)))
        if old.get(name) != new.get(name):
            yield name.replace("_", " "), was, is_


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} …"


def _format_value(value: object) -> str:
    """Return a value of JSON without its signs."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case dict():
            named = cast("dict[str, object]", value)
            return ", ".join(f"{name}: {_format_value(one)}" for name, one in named.items())
        case list():
            return ", ".join(map(_format_value, cast("list[object]", value))) or "none"
        case _:
            return str(value)
