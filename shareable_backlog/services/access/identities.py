"""Let in whom an identity provider names: known by issuer and subject for good, by a mail address at most once.

Whose address the provider does not vouch for waits for an admin too, under an address that nobody else can have, so
that whoever owns the one they claim, now or later, is somebody else.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from shareable_backlog import logs
from shareable_backlog.database import transaction
from shareable_backlog.database.access import unverified_emails, users
from shareable_backlog.database.access.users import UserRow
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.services.access import notices, sign_in, user_scopes
from shareable_backlog.services.access.sign_in import NewSession, SignInConfig
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.mail.outbox import Outbox

_LOG = logs.get_logger(__name__)
_REMEDY = (
    "the provider does not say that it has verified the address of somebody new, so they wait for an admin, marked:"
    " if people can't choose their own address there, set OIDC_TRUSTED_EMAIL_ISSUER to the value of OIDC_ISSUER"
)

_NO_EMAIL = (
    "the provider told no usable email address of somebody new: set OIDC_EMAIL_CLAIM to the claim that has it and"
    " OIDC_SCOPES to what the provider wants to be asked for"
)
_SETTING = "OIDC_VIEWER_GROUPS"


class ProvidedIdentity(Struct, frozen=True, kw_only=True):
    """Whom a provider names; `email` is None without one that can be a mail address.

    `viewer_groups` says by name of some groups of viewers whether the person is in them.
    """

    issuer: str
    subject: str
    email: str | None
    is_email_verified: bool
    name: str | None
    viewer_groups: Mapping[str, bool] = field(default_factory=dict[str, bool])


async def accept_identity(
    config: SignInConfig, identity: ProvidedIdentity, *, is_admin: bool | None, next_path: str, actor: Actor
) -> NewSession:
    """Sign in whom an identity provider names, known by issuer and subject and never by the mail alone.

    A verified address leads to a person once, unless the provider knows that person by another subject already; one
    that is not verified leads to nobody but a new person, who is marked. `is_admin` is what the provider's groups
    say, None when they say nothing of it. Raises SignInFailed.
    """
    named = await user_scopes.find_memberships(identity.viewer_groups, _SETTING)
    async with transaction() as tx:
        memberships = await user_scopes.lock_memberships(tx, named)
        if is_admin is not None:
            await users.lock_admins(tx)  # before any other row, as every decision of an admin does
        user, refused = await _find_or_add_user(tx, identity, actor)
        if user is not None and is_admin is not None and user.email.lower() not in config.admin_emails:
            await _follow_admin_group(tx, config.outbox, user, actor, is_admin=is_admin)
        if user is not None:
            known = Actor(user.id, user.email, actor.ip_address, actor.user_agent)
            await user_scopes.follow_groups(tx, user, known, memberships, by=_SETTING)
        entered = await sign_in.let_in(tx, config, user, "oidc", next_path, actor) if user else refused
    return await sign_in.require_session(entered, actor)


async def _find_or_add_user(tx: Transaction, identity: ProvidedIdentity, actor: Actor) -> tuple[UserRow | None, str]:
    """Return the person, or None and why there is none."""
    issuer, subject = identity.issuer, identity.subject
    user = await users.find_by_identity(tx, issuer, subject)
    if user is not None:
        return await _replace_marked_email(tx, user, identity, actor), ""
    if identity.email is None:
        _LOG.warning("oidc_email_missing", note=_NO_EMAIL)
        return None, "The identity provider gave no verified email address for you. Ask whoever runs it."
    email = identity.email
    if not identity.is_email_verified:
        email = unverified_emails.build_email(issuer, subject, email)
        _LOG.warning("oidc_email_unverified", note=_REMEDY)
    person = await sign_in.find_or_add_person(tx, email, identity.name, actor)
    if not await users.has_identity(tx, person.id, issuer):
        await users.add_identity(tx, person.id, issuer, subject)
    # It may have been added meanwhile: by the same person, who came twice at once.
    user = await users.find_by_identity(tx, issuer, subject)
    return user, "This email address belongs to another account at the identity provider. Ask an admin."


async def _replace_marked_email(tx: Transaction, user: UserRow, identity: ProvidedIdentity, actor: Actor) -> UserRow:
    """Give a marked person the address that the provider vouches for by now, unless it is somebody else's."""
    email = identity.email
    if user.claimed_email is None or email is None or not identity.is_email_verified:
        return user
    if await users.find_by_email(tx, email) is not None:
        return user
    await users.set_email(tx, user.id, email)
    await audit_actions.record(
        tx,
        Actor(user.id, email, actor.ip_address, actor.user_agent),
        Action.PERSON_CHANGED,
        resource="user",
        resource_id=str(user.id),
        details={"before": {"email": user.email}, "after": {"email": email}},
    )
    return await users.find_by_id(tx, user.id) or user


async def _follow_admin_group(
    tx: Transaction, outbox: Outbox, user: UserRow, actor: Actor, *, is_admin: bool
) -> None:
    """Make the person an admin, or none, as the provider's group says; the last admin stays one."""
    changed = await (users.make_admin if is_admin else users.demote_admin)(tx, user.id)
    if changed:
        await audit_actions.record(
            tx,
            Actor(user.id, user.email, actor.ip_address, actor.user_agent),
            Action.PERSON_PROMOTED if is_admin else Action.PERSON_DEMOTED,
            resource="user",
            resource_id=str(user.id),
            details={"by": "OIDC_ADMIN_GROUP"},
        )
    if changed and is_admin:
        await notices.announce_new_admin(tx, outbox, user.email, "the identity provider")
