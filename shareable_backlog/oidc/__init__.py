"""Ask an identity provider who somebody is, by OpenID Connect; knows no database."""

from shareable_backlog.oidc.id_token import Identity
from shareable_backlog.oidc.provider import Authorization, OidcClient, Provider
from shareable_backlog.oidc.transport import open_client

__all__ = ["Authorization", "Identity", "OidcClient", "Provider", "open_client"]
