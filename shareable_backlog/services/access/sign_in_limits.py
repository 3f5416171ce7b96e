"""Limit how many mails people who are not signed in yet can have sent, and how often they can guess."""

from msgspec import Struct

from shareable_backlog.database.access import rate_limits
from shareable_backlog.errors import TooMany
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.audit.strangers import format_network

_WINDOW_S = 900


class SignInLimits(Struct, frozen=True, kw_only=True):
    """How much is allowed, in a quarter of an hour unless the name says a day (24 hours, whenever they begin).

    Mails that one network address asks for; mails to one mail address; mail addresses of nobody to which mails go;
    links and codes that one network address tries without being right at once; wrong codes for one mail address. An
    IPv6 network of 64 bits is one address.
    """

    mails_per_network: int = 20
    mails_per_person: int = 5
    mails_per_person_day: int = 20
    newcomers: int = 10
    tries_per_network: int = 60
    wrong_codes_per_day: int = 10


async def limit_mails(limits: SignInLimits, actor: Actor) -> None:
    """Count a mail that was asked for from somewhere. Raises TooMany."""
    key = f"ask:{format_network(actor.ip_address)}"
    if not await rate_limits.allow_strangers_try(key, limits.mails_per_network, _WINDOW_S):
        raise TooMany("Too many links were requested from here. Wait 15 minutes and try again.")


async def limit_tries(limits: SignInLimits, actor: Actor) -> None:
    """Count a try that may be a guess. Raises TooMany."""
    key = f"try:{format_network(actor.ip_address)}"
    if not await rate_limits.allow_strangers_try(key, limits.tries_per_network, _WINDOW_S):
        raise TooMany("There were too many attempts from here. Wait 15 minutes and ask for a new link.")
