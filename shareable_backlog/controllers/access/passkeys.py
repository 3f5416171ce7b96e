"""Answer `/sign-in/passkey`: sign in by a passkey, which needs a script in the browser."""

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shareable_backlog.controllers.access import auth, sign_in
from shareable_backlog.errors import SignInFailed
from shareable_backlog.services.access.proofs import ceremonies, challenges, passkey_sign_in
from shareable_backlog.services.access.proofs.ceremonies import RelyingParty
from shareable_backlog.services.access.proofs.challenges import Challenge
from shareable_backlog.services.access.proofs.passkey_sign_in import PasskeyAnswer
from shareable_backlog.web import cookies
from shareable_backlog.web.fields import OwnPath

PATH = "/sign-in/passkey"
_CHALLENGE = "challenge"


class PasskeyForm(Struct, frozen=True):
    """What a passkey answered, as JSON, and the page that was wanted."""

    answer: str = ""
    next: OwnPath = "/"


async def send_challenge(request: Request) -> Response:
    """Send what a browser's passkeys are to be asked, whoever signs in, and the cookie that goes with it."""
    party = require_relying_party(request)
    challenge = challenges.make_challenge(auth.read_config(request).sign_in.secret_key, challenges.SIGN_IN)
    response = JSONResponse(ceremonies.build_request_options(party, challenge.value))
    set_challenge(request, response, challenge)
    return response


async def use_passkey(request: Request, form: PasskeyForm) -> Response:
    """Sign in by what a passkey answered; each challenge is good for one try."""
    party, config = require_relying_party(request), auth.read_config(request)
    given = PasskeyAnswer(answer=form.answer, cookie=read_challenge(request), next_path=form.next)
    try:
        entered = await passkey_sign_in.accept_passkey(
            config.sign_in, party, config.limits, given, auth.read_actor(request)
        )
    except SignInFailed as error:
        response = await sign_in.render_refusal(request, str(error))
    else:
        response = await sign_in.start_session(request, entered)
    cookies.delete_cookie(request, response, _CHALLENGE)
    return response


def require_relying_party(request: Request) -> RelyingParty:
    """Return who we are to passkeys; a page that is not there where browsers have none."""
    party = ceremonies.find_relying_party(auth.read_config(request).sign_in.base_url)
    if party is None:
        raise HTTPException(404)
    return party


def set_challenge(request: Request, response: Response, challenge: Challenge) -> None:
    """Give the browser the cookie of a challenge."""
    cookies.set_cookie(request, response, _CHALLENGE, challenge.cookie, challenges.LIVES_S)


def read_challenge(request: Request) -> str | None:
    """Return the cookie of the challenge that the browser was given last."""
    return cookies.read_cookie(request, _CHALLENGE)
