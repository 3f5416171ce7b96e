"""Limit how many mails people who are not signed in yet can have sent, and how often they can guess."""

import ipaddress
from dataclasses import dataclass

from shareable_backlog.database.access import rate_limits
from shareable_backlog.errors import TooMany
from shareable_backlog.services.audit.audit_actions import Actor

_WINDOW_S = 900


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How much is allowed in a quarter of an hour.

    Mails that one network address asks for, mails to one mail address, and links and codes that one network address
    tries without being right at once. An IPv6 network of 64 bits is one address.
    """

    mails_per_network: int = 20
    mails_per_person: int = 5
    tries_per_network: int = 60


async def limit_mails(limits: SignInLimits, actor: Actor) -> None:
    """Count a mail that was asked for from somewhere. Raises TooMany."""
    if not await rate_limits.allow_try(f"ask:{_format_network(actor)}", limits.mails_per_network, _WINDOW_S):
        raise TooMany("Too many links were requested from here. Wait 15 minutes and try again.")


async def may_mail(limits: SignInLimits, email: str) -> bool:
    """Count a mail to somebody and return whether it may still be sent."""
    return await rate_limits.allow_try(f"ask:{email}", limits.mails_per_person, _WINDOW_S)


async def limit_tries(limits: SignInLimits, actor: Actor) -> None:
    """Count a try that may be a guess. Raises TooMany."""
    if not await rate_limits.allow_try(f"try:{_format_network(actor)}", limits.tries_per_network, _WINDOW_S):
        raise TooMany("There were too many attempts from here. Wait 15 minutes and ask for a new link.")


def _format_network(actor: Actor) -> str:
    """Return what limits count as one: an IPv4 address, or the /64 that one household gets of IPv6."""
    try:
        address = ipaddress.ip_address(actor.ip_address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((address, 64 if address.version == 6 else 32), strict=False))  # noqa: PLR2004 (IPv6)
