"""Check what sign-ins need beside the program: the identity provider, the mail server."""

from shareable_backlog import mail, oidc
from shareable_backlog.cli.doctor.finding import Finding
from shareable_backlog.config import Settings
from shareable_backlog.errors import MailFailed, SignInFailed


async def check_oidc(settings: Settings) -> Finding:
    """Ask the identity provider for what it says of itself, and for its keys; nobody is signed in."""
    if settings.oidc_issuer is None:
        return Finding("oidc", "ok", "not set up")
    try:
        async with oidc.open_client() as http:
            await oidc.check_provider(http, settings.oidc_issuer)
    except SignInFailed:
        what = "The provider at OIDC_ISSUER can't be reached, or does not say what a sign-in needs."
        fix = "open OIDC_ISSUER and /.well-known/openid-configuration from this machine, and set what it calls itself"
        return Finding("oidc", "fail", what, fix)
    return Finding("oidc", "ok", "the provider answers; whether it takes the client's secret only a sign-in tells")


async def check_mail(settings: Settings) -> Finding:
    """Connect to the mail server and sign in there; no mail is sent."""
    if settings.smtp_url is None:
        return Finding("mail", "ok", "not set up: no mail is sent")
    try:
        await mail.check_server(settings)
    except MailFailed as error:
        return Finding(
            "mail", "fail", str(error), "check SMTP_URL, and whether this machine may reach the mail server"
        )
    return Finding("mail", "ok", "the mail server lets this program in")
