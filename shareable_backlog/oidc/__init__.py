"""Ask an identity provider who somebody is, by OpenID Connect; knows no database."""

from shareable_backlog.oidc.discovery import check_provider
from shareable_backlog.oidc.id_token import Identity
from shareable_backlog.oidc.provider import PROVES_FOR_S, Authorization, OidcClient, Provider
from shareable_backlog.oidc.transport import ProviderUnavailable, open_client

__all__ = [
    "PROVES_FOR_S",
    "Authorization",
    "Identity",
    "OidcClient",
    "Provider",
    "ProviderUnavailable",
    "check_provider",
    "open_client",
]
