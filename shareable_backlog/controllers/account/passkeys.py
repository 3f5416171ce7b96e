"""Answer `/account/passkeys`: people's passkeys."""

import json
from typing import Annotated

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.access.passkeys import read_challenge, require_relying_party, set_challenge
from shareable_backlog.errors import NotFound
from shareable_backlog.services.account import passkeys
from shareable_backlog.web.fields import Id, Otherwise, Text


class PasskeyNameForm(Struct, frozen=True):
    """What a new passkey is called."""

    name: Text = ""


class NewPasskeyForm(PasskeyNameForm, frozen=True):
    """What the person's device answered, as JSON."""

    answer: str = ""


class PasskeyPath(Struct, frozen=True):
    """Which passkey it is."""

    passkey_id: Annotated[Id, Otherwise(NotFound, "There is no such passkey. Nothing was changed.")]


class NewPasskeyContext(Struct, frozen=True):
    """The page on which a device makes a passkey; `options` is what its browser is asked, as JSON."""

    name: str
    options: str


async def begin_passkey(request: Request, form: PasskeyNameForm) -> Response:
    """Show the page on which the person's device makes a passkey."""
    party, config = require_relying_party(request), auth.read_config(request).sign_in
    challenge, options = await passkeys.begin_passkey(config, party, auth.require_user(request), form.name)
    context = NewPasskeyContext(form.name, json.dumps(options))
    response = auth.render_page(request, "account/new_passkey.html", context)
    set_challenge(request, response, challenge)
    return response


async def add_passkey(request: Request, form: NewPasskeyForm) -> Response:
    """Store the passkey that the person's device made."""
    await passkeys.add_passkey(
        auth.read_config(request).sign_in,
        require_relying_party(request),
        auth.require_user(request).user_id,
        name=form.name,
        cookie=read_challenge(request),
        answer=form.answer,
        actor=auth.read_actor(request),
    )
    return RedirectResponse("/account?notice=passkey-added#passkeys", 303)


async def remove_passkey(request: Request, path: PasskeyPath) -> Response:
    """Remove one of the person's own passkeys."""
    outbox, user_id = auth.read_config(request).sign_in.outbox, auth.require_user(request).user_id
    await passkeys.remove_passkeys(outbox, auth.read_actor(request), user_id, path.passkey_id)
    return RedirectResponse("/account?notice=passkey-removed#passkeys", 303)
