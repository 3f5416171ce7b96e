"""Give tokens to the one OAuth application that the fake knows, and take them away again."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from tests.fakes.linear.http import Answer
from tests.fakes.linear.world import World

_MONTH_S = 30 * 24 * 3_600


class Applications:
    """Issue tokens by `client_credentials`; they last by the clock of the world, the first one for ever."""

    client_id = "0fake0client0id0"
    client_secret = "0fake0client0secret0"

    def __init__(self, world: World, first_token: str) -> None:
        self._world = world
        self.expires_in = _MONTH_S
        """How long a token given from now on lasts, in seconds."""
        self.requests = 0
        self._until = {first_token: datetime.max.replace(tzinfo=UTC)}

    def answer(self, form: bytes) -> Answer:
        """Answer a request for a token."""
        self.requests += 1
        asked = {name: values[0] for name, values in parse_qs(form.decode()).items()}
        if (asked.get("client_id"), asked.get("client_secret")) != (self.client_id, self.client_secret):
            return Answer(401, b'{"error":"invalid_client"}')
        if asked.get("grant_type") != "client_credentials":
            return Answer(400, b'{"error":"unsupported_grant_type"}')
        token = f"lin_oauth_0fake0token{self.requests}0"
        self._until[token] = self._world.now + timedelta(seconds=self.expires_in)
        granted = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
        return Answer(200, json.dumps(granted | {"scope": asked.get("scope", "read")}).encode())

    def accepts(self, token: str) -> bool:
        """Return whether a token was given and still lasts."""
        return token in self._until and self._world.now < self._until[token]

    def revoke(self) -> None:
        """Accept no token any more that was given until now."""
        self._until.clear()
