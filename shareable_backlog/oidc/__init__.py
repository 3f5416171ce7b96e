"""Ask an identity provider who somebody is, by OpenID Connect; knows no database."""

from shareable_backlog.oidc.http import opened as connected
from shareable_backlog.oidc.id_token import Identity
from shareable_backlog.oidc.provider import Authorization, Client, Provider

__all__ = ["Authorization", "Client", "Identity", "Provider", "connected"]
